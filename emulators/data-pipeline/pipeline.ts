import { setTimeout as sleep } from 'node:timers/promises';
import { followClock } from './clock.ts';
import {
  componentsOf,
  EMPTY,
  isOnDemand,
  isTimeSeries,
  parametersOf,
  schedulesOf,
  type Definition,
} from './definition.ts';
import type { Slot } from './instance.ts';
import { occurrencesOf } from './occurrences.ts';
import type { ParameterValue } from './protocol.ts';
import { Run } from './run.ts';
import { createBinder } from './scope.ts';
import type { Services } from './services/services.ts';
import { createSlots } from './slots.ts';

/** How long after an activation its instances appear: AWS, too, answers first and acts then. */
const APPEARS_AFTER_MS = 100;

export type PipelineState = 'PENDING' | 'ACTIVATING' | 'SCHEDULED' | 'DEACTIVATING' | 'INACTIVE' | 'FINISHED';

export interface NewPipeline {
  id: string;
  name: string;
  uniqueId: string;
  description: string | undefined;
  tags: { key: string; value: string }[];
}

/** A pipeline: what was defined, and all that ran of it. */
export class Pipeline {
  readonly id: string;
  readonly name: string;
  readonly uniqueId: string;
  readonly description: string | undefined;
  tags: { key: string; value: string }[];
  readonly createdAt = new Date();
  state: PipelineState = 'PENDING';
  /** What was put last. */
  latest: Definition = EMPTY;
  /** What was activated last, with the values that came with it. */
  active: Definition | undefined;
  firstActivation: Date | undefined;
  runs: Run[] = [];
  readonly #services: Services;
  readonly #say: (line: string) => void;
  readonly #slots = createSlots();
  #clocks = new AbortController();
  #ticking: Promise<unknown> = Promise.resolve();
  #lastStartMs = 0;
  /** Settles when the activations so far have acted. */
  #turn: Promise<void> = Promise.resolve();
  #deleted = false;

  constructor(wanted: NewPipeline, services: Services, log: (line: string) => void) {
    this.id = wanted.id;
    this.name = wanted.name;
    this.uniqueId = wanted.uniqueId;
    this.description = wanted.description;
    this.tags = wanted.tags;
    this.#services = services;
    this.#say = (line) => log(`${this.name} (${this.id}): ${line}`);
  }

  /** On demand: cancels the run that is under way, if there is one, and starts another. On a schedule: follows it. */
  activate(given: ParameterValue[], startAt: Date | undefined): void {
    const definition = { ...this.latest, values: withValues(this.latest.values, given) };
    this.state = 'ACTIVATING';
    this.active = definition;
    this.firstActivation ??= new Date();
    const before = this.#turn;
    this.#turn = (async () => {
      await before;
      if (isOnDemand(definition)) await this.#runOnDemand(definition);
      else await this.#followSchedules(definition, startAt);
    })();
  }

  /** Cancels what runs, or lets it end. */
  deactivate(cancelActive: boolean): void {
    this.state = 'DEACTIVATING';
    void (async () => {
      await this.#turn;
      await this.#stopClocks();
      await Promise.all(this.runs.map((run) => (cancelActive ? run.cancel() : run.done)));
      if (this.state === 'DEACTIVATING') this.state = 'INACTIVE';
    })();
  }

  async delete(): Promise<void> {
    this.#deleted = true;
    await this.#turn;
    await this.#stopClocks();
    await Promise.all(this.runs.map((run) => run.cancel()));
  }

  async #runOnDemand(definition: Definition): Promise<void> {
    await this.#stopClocks();
    await Promise.all([...this.runs.map((run) => run.cancel()), sleep(APPEARS_AFTER_MS)]);
    if (this.#deleted) return;
    // Instances are named by the second: two activations within one may not share a name.
    this.#lastStartMs = Math.max(Math.floor(Date.now() / 1000) * 1000, this.#lastStartMs + 1000);
    const start = new Date(this.#lastStartMs);
    this.#start(definition, { start, end: start });
    if (this.state === 'ACTIVATING') this.state = 'SCHEDULED';
  }

  /** Goes on after the last interval that was not cancelled, or from `startAt`. */
  async #followSchedules(definition: Definition, startAt: Date | undefined): Promise<void> {
    await Promise.all([this.#stopClocks(), sleep(APPEARS_AFTER_MS)]);
    if (this.#deleted) return;
    this.#clocks = new AbortController();
    const { signal } = this.#clocks;
    const components = componentsOf(definition);
    const { bind } = createBinder(components, parametersOf(definition), () => () => undefined);
    const ticking = schedulesOf(components).map(async (schedule) => {
      const fromMs = startAt?.getTime() ?? this.#resumesFromMs(schedule.id);
      const all = occurrencesOf(bind(schedule), isTimeSeries(definition), this.firstActivation ?? new Date());
      const due = (function* () {
        for (const occurrence of all) if (occurrence.start.getTime() >= fromMs) yield occurrence;
      })();
      await followClock(due, (slot) => this.#start(definition, slot, schedule.id), signal);
    });
    if (this.state === 'ACTIVATING') this.state = 'SCHEDULED';
    this.#ticking = Promise.all(ticking);
    this.#ticking.catch((error: unknown) => this.#say(String(error)));
    void this.#finish(this.#ticking, signal);
  }

  /** FINISHED when there is no interval to come and none that runs. */
  async #finish(ticking: Promise<unknown>, signal: AbortSignal): Promise<void> {
    await ticking.catch(() => undefined);
    await Promise.all(this.runs.map((run) => run.done));
    if (this.state === 'SCHEDULED' && !signal.aborted) this.state = 'FINISHED';
  }

  #resumesFromMs(scheduleId: string): number {
    const done = this.runs.filter(
      ({ options, instances }) =>
        options.scheduleId === scheduleId && !instances.some(({ status }) => status === 'CANCELED'),
    );
    return Math.max(0, ...done.map(({ options }) => options.slot.start.getTime() + 1));
  }

  async #stopClocks(): Promise<void> {
    this.#clocks.abort();
    await this.#ticking.catch(() => undefined);
  }

  #start(definition: Definition, slot: Slot, scheduleId?: string): void {
    const run = new Run({
      pipelineId: this.id,
      components: componentsOf(definition),
      parameters: parametersOf(definition),
      slot,
      services: this.#services,
      slots: this.#slots,
      say: this.#say,
      ...(scheduleId !== undefined && { scheduleId }),
    });
    // An interval that runs again takes the place of what was cancelled.
    const isSame = ({ options }: Run) =>
      options.scheduleId === scheduleId && options.slot.start.getTime() === slot.start.getTime();
    this.runs = [...this.runs.filter((other) => !isSame(other)), run];
    this.#say(`runs ${run.instances.map(({ id }) => id).join(', ')}`);
  }
}

const withValues = (values: ParameterValue[], given: ParameterValue[]): ParameterValue[] => [
  ...values.filter(({ id }) => !given.some((value) => value.id === id)),
  ...given,
];
