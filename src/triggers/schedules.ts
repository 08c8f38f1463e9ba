import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
} from '@temporalio/client';
import type { Definition } from '../domain/definition.ts';
import { fieldsOf, wantedFields, type Fields } from './schedule-fields.ts';
import { inParallel } from './parallel.ts';
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

export const PAUSE_NOTE = 'paused by millrace apply: no pipeline file has it';

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
    const left = await this.#left(ids, prune);
    return {
      changes: [...compared.flatMap(({ changes }) => changes), ...left],
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
    if (isPausedByUs(found)) fields.push({ field: 'paused', from: 'by millrace apply', to: 'no' });
    return {
      changes: fields.length === 0 ? [] : [{ action: 'change', schedule: id, pipeline, fields }],
      foreign: [],
    };
  }

  /** Schedules of ours that no file has any more. */
  async #left(wanted: ReadonlySet<string>, prune: boolean): Promise<PlannedChange[]> {
    const left: PlannedChange[] = [];
    for await (const { scheduleId, memo, state } of this.#client.schedule.list()) {
      const mark = this.#markOf({ memo });
      if (mark === undefined || wanted.has(scheduleId)) continue;
      const about = { schedule: scheduleId, pipeline: mark.pipeline, fields: [] };
      if (prune) left.push({ action: 'delete', ...about });
      else if (!state.paused) left.push({ action: 'pause', ...about });
    }
    return left;
  }

  /** Carries a plan out. The pipelines must be those that it was made of. */
  async apply({ changes }: SchedulePlan, definitions: readonly Definition[]): Promise<void> {
    if (changes.length === 0) return;
    const wanted = new Map(
      definitions
        .flatMap((definition) => wantedSchedules(definition, this.#taskQueue))
        .map((schedule) => [schedule.id, schedule]),
    );
    await inParallel(changes, AT_ONCE, (change) => this.#carryOut(change, wanted.get(change.schedule)));
  }

  async #carryOut({ action, schedule }: PlannedChange, wanted: WantedSchedule | undefined): Promise<void> {
    const handle = this.#client.schedule.getHandle(schedule);
    if (action === 'delete') return unlessGone(handle.delete());
    if (action === 'pause') return unlessGone(handle.pause(PAUSE_NOTE));
    if (!wanted) throw new Error(`${schedule} is in the plan and in no pipeline`);
    if (action === 'create') return this.#create(wanted);
    await this.#update(handle, wanted);
  }

  async #create(wanted: WantedSchedule): Promise<void> {
    const mark: Mark = { taskQueue: this.#taskQueue, pipeline: wanted.pipeline };
    try {
      await this.#client.schedule.create({
        scheduleId: wanted.id,
        memo: { millrace: mark },
        ...scheduleOptions(wanted),
      });
    } catch (error) {
      // Somebody else applies at the same time.
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      await this.#update(this.#client.schedule.getHandle(wanted.id), wanted);
    }
  }

  /** What is not in the file stays: above all, that a person has paused it. */
  async #update(handle: ScheduleHandle, wanted: WantedSchedule): Promise<void> {
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
        state: isPausedByUs(previous) ? { paused: false } : kept,
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
