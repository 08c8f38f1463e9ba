import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
} from '@temporalio/client';
import type { Definition } from '../domain/definition.ts';
import { fieldsOf, wantedFields, type Fields } from './schedule-fields.ts';
import { inParallel } from '../domain/parallel.ts';
import { PAUSE_NOTE, successions, timesText, type Coming, type Leaving } from './succession.ts';
import { scheduleOptions, wantedSchedules, type WantedSchedule } from './wanted-schedule.ts';

/** A field of a schedule that differs; values as a person reads them. */
export interface FieldChange {
  field: string;
  from: string | null;
  to: string | null;
}

export interface PlannedChange {
  action: 'create' | 'change' | 'pause' | 'delete';
  schedule: string;
  pipeline: string;
  fields: FieldChange[];
  /** With which note it begins paused: that of the schedule whose place it takes. */
  paused?: string;
}

/** A schedule that has the ID of one of ours, and that somebody else made. */
export interface ForeignSchedule {
  schedule: string;
  pipeline: string;
}

export interface SchedulePlan {
  changes: PlannedChange[];
  foreign: ForeignSchedule[];
}

/** What we note on the schedules that we make. Those of other task queues belong to other projects. */
interface Mark {
  taskQueue: string;
  pipeline: string;
}

/** How many requests are under way at once. */
const AT_ONCE = 16;

/** Temporal's schedules, as far as they are made of pipeline files. */
export class Schedules {
  readonly #client: Client;
  readonly #taskQueue: string;

  constructor(client: Client, taskQueue: string) {
    this.#client = client;
    this.#taskQueue = taskQueue;
  }

  /** What has to be done so that the schedules are those of the pipelines. */
  async plan(definitions: readonly Definition[], { prune }: { prune: boolean }): Promise<SchedulePlan> {
    const wanted = definitions.flatMap((definition) => wantedSchedules(definition, this.#taskQueue));
    const ids = new Set(wanted.map(({ id }) => id));
    const compared = await inParallel(wanted, AT_ONCE, (schedule) => this.#compare(schedule));
    const changes = compared.flatMap(({ changes }) => changes);
    const leaving = await this.#leaving(ids);
    const coming = wanted.filter(({ id }) =>
      changes.some((change) => change.schedule === id && isComing(change)),
    );
    const taken = successions(coming.map(comingOf), leaving);
    const isTaken = (schedule: Leaving): boolean => [...taken.values()].includes(schedule);
    return {
      changes: [
        ...changes.map((change) => inPlaceOf(taken.get(change.schedule), change)),
        ...leaving.flatMap((schedule) => (prune ? deleted(schedule) : paused(schedule, isTaken(schedule)))),
      ],
      foreign: compared.flatMap(({ foreign }) => foreign),
    };
  }

  async #compare(wanted: WantedSchedule): Promise<SchedulePlan> {
    const { id, pipeline } = wanted;
    const found = await this.#describe(id);
    const to = wantedFields(wanted);
    if (!found) {
      return {
        changes: [{ action: 'create', schedule: id, pipeline, fields: differences({}, to) }],
        foreign: [],
      };
    }
    if (this.#markOf(found) === undefined) return { changes: [], foreign: [{ schedule: id, pipeline }] };
    const fields = differences(fieldsOf(found), to);
    // Only what apply itself has paused it sets going again.
    if (isPausedByUs(found)) fields.push({ field: 'paused', from: BY_US, to: 'no' });
    return {
      changes: fields.length === 0 ? [] : [{ action: 'change', schedule: id, pipeline, fields }],
      foreign: [],
    };
  }

  /** Schedules of ours that no file has any more. The list is behind for a moment, so each is looked at. */
  async #leaving(wanted: ReadonlySet<string>): Promise<Leaving[]> {
    const left: { schedule: string; pipeline: string }[] = [];
    for await (const { scheduleId, memo } of this.#client.schedule.list()) {
      const mark = this.#markOf({ memo });
      if (mark === undefined || wanted.has(scheduleId)) continue;
      left.push({ schedule: scheduleId, pipeline: mark.pipeline });
    }
    const found = await inParallel(left, AT_ONCE, async (about) => {
      const description = await this.#describe(about.schedule);
      if (!description) return [];
      const { paused, note = '' } = description.state;
      return [{ ...about, times: timesText(fieldsOf(description)), note: paused ? note : undefined }];
    });
    return found.flat();
  }

  /** Carries a plan out. The pipelines must be those that it was made of. */
  async apply({ changes }: SchedulePlan, definitions: readonly Definition[]): Promise<void> {
    if (changes.length === 0) return;
    const wanted = new Map(
      definitions
        .flatMap((definition) => wantedSchedules(definition, this.#taskQueue))
        .map((schedule) => [schedule.id, schedule]),
    );
    const carryOut = (some: PlannedChange[]) =>
      inParallel(some, AT_ONCE, (change) => this.#carryOut(change, wanted.get(change.schedule)));
    // First those that stay: a pause must not be lost between the schedule that goes and the one in its place.
    await carryOut(changes.filter(({ action }) => action === 'create' || action === 'change'));
    await carryOut(changes.filter(({ action }) => action === 'pause' || action === 'delete'));
  }

  async #carryOut(
    { action, schedule, paused }: PlannedChange,
    wanted: WantedSchedule | undefined,
  ): Promise<void> {
    const handle = this.#client.schedule.getHandle(schedule);
    if (action === 'delete') return unlessGone(handle.delete());
    if (action === 'pause') return unlessGone(handle.pause(PAUSE_NOTE));
    if (!wanted) throw new Error(`${schedule} is in the plan and in no pipeline`);
    if (action === 'create') return this.#create(wanted, paused);
    await this.#update(handle, wanted, paused);
  }

  async #create(wanted: WantedSchedule, paused: string | undefined): Promise<void> {
    const mark: Mark = { taskQueue: this.#taskQueue, pipeline: wanted.pipeline };
    try {
      await this.#client.schedule.create({
        scheduleId: wanted.id,
        memo: { millrace: mark },
        ...scheduleOptions(wanted),
        state: pausedWith(paused),
      });
    } catch (error) {
      // Somebody else applies at the same time.
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      await this.#update(this.#client.schedule.getHandle(wanted.id), wanted, paused);
    }
  }

  /** What is not in the file stays: above all, that a person has paused it. */
  async #update(
    handle: ScheduleHandle,
    wanted: WantedSchedule,
    takenOver: string | undefined,
  ): Promise<void> {
    await handle.update((previous) => {
      const { paused, note, remainingActions } = previous.state;
      const kept = {
        paused,
        ...(note !== undefined && { note }),
        ...(remainingActions !== undefined && { remainingActions }),
      };
      const own = scheduleOptions(wanted);
      return {
        ...own,
        action: own.action,
        typedSearchAttributes: previous.typedSearchAttributes,
        state: isPausedByUs(previous) ? pausedWith(takenOver) : kept,
      };
    });
  }

  async #describe(id: string): Promise<ScheduleDescription | undefined> {
    try {
      return await this.#client.schedule.getHandle(id).describe();
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return undefined;
      throw error;
    }
  }

  #markOf({ memo }: { memo?: Record<string, unknown> | undefined }): Mark | undefined {
    const mark = memo?.['millrace'] as Mark | undefined;
    return mark?.taskQueue === this.#taskQueue ? mark : undefined;
  }
}

const isPausedByUs = ({ state }: ScheduleDescription): boolean => state.paused && state.note === PAUSE_NOTE;

const pausedWith = (note: string | undefined) =>
  note === undefined ? { paused: false } : { paused: true, note };

const BY_US = 'by millrace apply';

/** Whether it makes a schedule tick that did not. */
const isComing = ({ action, fields }: PlannedChange): boolean =>
  action === 'create' || fields.some(({ field }) => field === 'paused');

const comingOf = (wanted: WantedSchedule): Coming => ({
  schedule: wanted.id,
  pipeline: wanted.pipeline,
  times: timesText(wantedFields(wanted)),
});

/** The change of a schedule that takes the place of a paused one. */
function inPlaceOf(before: Leaving | undefined, change: PlannedChange): PlannedChange {
  if (before?.note === undefined) return change;
  const { schedule, note } = before;
  const to = `as ${schedule} is${note === '' ? '' : `: ${note}`}`;
  const fields = change.fields.filter(({ field }) => field !== 'paused');
  fields.push({ field: 'paused', from: change.action === 'create' ? null : BY_US, to });
  return { ...change, fields, paused: note };
}

const deleted = ({ schedule, pipeline }: Leaving): PlannedChange[] => [
  { action: 'delete', schedule, pipeline, fields: [] },
];

/** What a person has paused keeps its note, but for one whose pause has gone over to another. */
function paused({ schedule, pipeline, note }: Leaving, isTaken: boolean): PlannedChange[] {
  if (note === undefined) return [{ action: 'pause', schedule, pipeline, fields: [] }];
  const fields = [{ field: 'note', from: note, to: PAUSE_NOTE }];
  return isTaken ? [{ action: 'pause', schedule, pipeline, fields }] : [];
}

const differences = (before: Partial<Fields>, to: Fields): FieldChange[] =>
  (Object.keys(to) as (keyof Fields)[])
    .map((field) => ({ field, from: before[field] ?? null, to: to[field] }))
    .filter(({ from, to }) => from !== to);

/** Somebody else may have deleted it meanwhile. */
async function unlessGone(request: Promise<void>): Promise<void> {
  await request.catch((error: unknown) => {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  });
}
