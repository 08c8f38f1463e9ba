import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { act } from './actions.ts';
import { performAttempts } from './attempts.ts';
import { refsOf, textOf, type Component } from './definition.ts';
import { periodMs } from './expression/period.ts';
import { createInstance, hasEnded, type Instance, type InstanceStatus, type Slot } from './instance.ts';
import { linked } from './linked.ts';
import { untilMet } from './preconditions.ts';
import { withMasks } from './protocol.ts';
import { createBinder, type Binder } from './scope.ts';
import type { Services } from './services/services.ts';
import type { Slots } from './slots.ts';
import { typeOf } from './types/index.ts';

/** How long an activity waits for its runner, which on AWS polls for work. */
const PICKED_UP_AFTER_MS = 50;

export interface RunOptions {
  pipelineId: string;
  components: ReadonlyMap<string, Component>;
  parameters: ReadonlyMap<string, string>;
  slot: Slot;
  /** Of the activities that run; all without. */
  scheduleId?: string;
  services: Services;
  slots: Slots;
  say(line: string): void;
}

/** What the parts of a run share. */
export interface RunContext extends RunOptions {
  binder: Binder;
}

/** One activation of an on-demand pipeline, or one interval of a schedule: its instances and what becomes of them. */
export class Run {
  readonly options: RunOptions;
  readonly instances: Instance[];
  /** Resolves when nothing can go on any more. */
  done: Promise<void>;
  /** Evaluates as its activities do, but with secrets masked. */
  readonly shown: Binder;
  readonly #context: RunContext;
  readonly #cancelled = new AbortController();
  readonly #outcomes = new Map<string, Promise<InstanceStatus>>();
  readonly #lateness = new AbortController();

  constructor(options: RunOptions) {
    this.options = options;
    // Every activity that runs listens.
    setMaxListeners(0, this.#cancelled.signal);
    const { components, parameters, slot, scheduleId, pipelineId } = options;
    const runtimeOf = (component: Component) => (key: string) => {
      if (key === '@pipelineId') return pipelineId;
      const fields = this.#instanceOf(component.id)?.fields() ?? this.#anyFields();
      return fields.find((field) => field.key === key)?.stringValue;
    };
    this.#context = { ...options, binder: createBinder(components, parameters, runtimeOf) };
    this.shown = createBinder(components, withMasks(parameters), runtimeOf);

    const all = [...components.values()];
    const activities = all.filter(
      (component) =>
        typeOf(component.type)?.role === 'activity' &&
        (scheduleId === undefined || refsOf(component, 'schedule')[0] === scheduleId),
    );
    const used = (key: string) => new Set(activities.flatMap((component) => refsOf(component, key)));
    const referred = (...keys: string[]) => {
      const ids = new Set(keys.flatMap((key) => [...used(key)]));
      return all.filter(({ id }) => ids.has(id));
    };
    this.instances = [
      ...referred('runsOn').map((component) => createInstance(component, slot, 'RUNNING')),
      ...referred('input', 'output').map((component) => createInstance(component, slot)),
      ...activities.map((component) => createInstance(component, slot)),
    ];
    this.done = this.#runAll();
    for (const instance of this.#performing()) this.#watchLateness(instance);
  }

  /** Resolves when nothing runs any more and what had not ended is CANCELED. */
  async cancel(): Promise<void> {
    this.#cancelled.abort(new Error('cancelled'));
    await this.done;
    for (const instance of this.instances) if (!hasEnded(instance.status)) instance.end('CANCELED');
  }

  /** Runs an ended instance again, and what waits for it or fell with it. */
  rerun(instance: Instance): void {
    this.#outcomes.delete(instance.component.id);
    instance.reopen();
    this.#takeUp(instance);
  }

  /** Takes an instance for done, and goes on with what waits for it or fell with it. */
  markFinished(instance: Instance): void {
    instance.cancel();
    instance.end('FINISHED');
    this.#outcomes.set(instance.component.id, Promise.resolve('FINISHED'));
    this.#takeUp(instance);
  }

  #takeUp(instance: Instance): void {
    const fell = ({ status }: Instance) =>
      status === 'WAITING_ON_DEPENDENCIES' || status === 'CASCADE_FAILED';
    const sources = new Set([instance]);
    for (const source of sources) {
      for (const one of this.#performing().filter(fell)) {
        if (sources.has(one) || !this.#needsOf(one).includes(source.component.id)) continue;
        this.#outcomes.delete(one.component.id);
        one.reopen();
        sources.add(one);
      }
    }
    this.done = this.#runAll();
  }

  #instanceOf(id: string): Instance | undefined {
    return this.instances.find(({ component }) => component.id === id);
  }

  /** What an object without an instance knows of the run: when it is scheduled. */
  #anyFields() {
    return (this.instances[0]?.fields() ?? []).filter(({ key }) => key.startsWith('@scheduled'));
  }

  /** Instances that come to an end by themselves. */
  #performing(): Instance[] {
    return this.instances.filter(({ component }) => typeOf(component.type)?.role !== 'resource');
  }

  /** The components whose end an instance waits for. */
  #needsOf({ component }: Instance): string[] {
    if (typeOf(component.type)?.role === 'data')
      return this.#performing()
        .filter((other) => refsOf(other.component, 'output').includes(component.id))
        .map((other) => other.component.id);
    return [...refsOf(component, 'dependsOn'), ...refsOf(component, 'input')];
  }

  async #runAll(): Promise<void> {
    // Lets the constructor finish first.
    await Promise.resolve();
    await Promise.all(this.#performing().map(({ component }) => this.#outcomeOf(component.id)));
    this.#lateness.abort();
    for (const instance of this.instances)
      if (!this.#performing().includes(instance) && !hasEnded(instance.status))
        instance.end(this.#cancelled.signal.aborted ? 'CANCELED' : 'FINISHED');
  }

  #outcomeOf(id: string): Promise<InstanceStatus> {
    const known = this.#outcomes.get(id);
    if (known !== undefined) return known;
    const instance = this.#instanceOf(id);
    const outcome = instance === undefined ? Promise.resolve('FINISHED' as const) : this.#perform(instance);
    this.#outcomes.set(id, outcome);
    return outcome;
  }

  /** What becomes of an instance; WAITING_ON_DEPENDENCIES if its turn can't come. Never rejects. */
  async #perform(instance: Instance): Promise<InstanceStatus> {
    const { signal } = linked(this.#cancelled.signal, instance.cancelled);
    // Lets the caller note the promise first.
    await Promise.resolve();
    try {
      await this.#reach(instance, signal);
    } catch (error) {
      if (signal.aborted) instance.end('CANCELED');
      else instance.end('FAILED', error instanceof Error ? error.message : String(error));
    }
    const { status } = instance;
    if (status === 'FINISHED') await act('onSuccess', instance, this.#context);
    if (status === 'FAILED' || status === 'CASCADE_FAILED') await act('onFail', instance, this.#context);
    return status;
  }

  async #reach(instance: Instance, signal: AbortSignal): Promise<void> {
    const { component } = instance;
    const needs = this.#needsOf(instance);
    instance.waitingOn = needs.flatMap((id) => this.#instanceOf(id)?.id ?? []);
    const needed = await Promise.all(needs.map((id) => this.#outcomeOf(id)));
    signal.throwIfAborted();
    const fallen = needs.find((_, index) => needed[index] !== 'FINISHED');
    if (fallen !== undefined) {
      // With the default mode, `none`, AWS leaves it waiting for somebody to rerun what failed.
      const cascades = textOf(component, 'failureAndRerunMode')?.toLowerCase() === 'cascade';
      if (!cascades || !needed.some((status) => status !== 'FINISHED' && hasEnded(status))) return;
      const refValue = this.#instanceOf(fallen)?.id ?? fallen;
      instance.extra.push({ key: '@cascadeFailedOn', refValue });
      instance.waitingOn = [];
      instance.end('CASCADE_FAILED', `${refValue} did not finish`);
      return;
    }
    instance.waitingOn = refsOf(component, 'precondition');
    await untilMet(component, this.#context, signal);
    instance.waitingOn = [];
    if (typeOf(component.type)?.role !== 'activity') return void instance.end('FINISHED');
    instance.status = 'WAITING_FOR_RUNNER';
    await sleep(PICKED_UP_AFTER_MS, undefined, { signal });
    const most = textOf(component, 'maxActiveInstances');
    const leave = await this.options.slots.take(
      component.id,
      most === undefined ? most : Number(most),
      signal,
    );
    try {
      await performAttempts(instance, this.#context, signal);
    } finally {
      leave();
    }
  }

  /** Does `onLateAction` when an instance of a schedule has not ended `lateAfterTimeout` after the run began. */
  #watchLateness(instance: Instance): void {
    const { component } = instance;
    const afterMs = periodMs(textOf(component, 'lateAfterTimeout'));
    if (this.options.scheduleId === undefined || afterMs === undefined) return;
    const { signal } = linked(this.#lateness.signal, this.#cancelled.signal);
    sleep(afterMs, undefined, { signal })
      .then(() => (hasEnded(instance.status) ? undefined : act('onLateAction', instance, this.#context)))
      .catch(() => undefined);
  }
}
