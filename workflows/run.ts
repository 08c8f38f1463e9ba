import { ApplicationFailure, CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { StepDefinition } from '../src/domain/definition.ts';
import { formatDuration } from '../src/domain/duration.ts';
import { shortHash } from '../src/domain/key.ts';
import { nextSteps } from '../src/domain/order.ts';
import type { RunPlan } from '../src/domain/plan.ts';
import type { RunRecord } from '../src/domain/run-record.ts';
import type { Progress, RunResult, Scope, StepFailure, StepProgress } from '../src/domain/run.ts';
import type { RunStatus, StepState } from '../src/domain/state.ts';
import { Clusters } from './clusters.ts';
import { stepFailure } from './failures.ts';
import { Others } from './others.ts';
import { preflight } from './preflight.ts';
import { writeRecord } from './record.ts';
import { StepRun } from './step-run.ts';
import { LATE } from './steps/index.ts';
import { showInTemporal, tellTemporal } from './story.ts';
import { registerUpdates } from './updates.ts';

/** Temporal refuses payloads over 2 MB, and would try such a result again for ever. */
const LONGEST_STORY = 500_000;
const LONGEST_FIELD = 1_000;

/** One run: which steps go when, and what the whole comes to. */
export class Run {
  readonly plan: RunPlan & { role: 'run' };
  readonly steps: Map<string, StepRun>;
  status: RunStatus = 'running';
  /** What to end with the run. */
  readonly clusters = new Clusters();
  /** What the run failed with; `onFailure` sees it. */
  failure: StepFailure | undefined;
  readonly #others: Others;
  #succeeded = false;
  readonly #hashes = new Set<string>();

  constructor(plan: RunPlan & { role: 'run' }) {
    this.plan = plan;
    const { steps, finally: always = [], onSuccess = [], onFailure } = plan.definition;
    const all = [...steps, ...always, ...onSuccess, ...onFailure];
    this.steps = new Map(all.map((step) => [step.id, new StepRun(step, this)]));
    registerUpdates(() => [...this.steps.values()].flatMap((step) => [step, ...step.items]));
    this.#others = new Others(plan.after ?? [], () => this.changed());
    tellTemporal(plan);
    this.changed();
  }

  async execute(): Promise<RunResult> {
    const { steps, finally: always = [], onSuccess = [], onFailure } = this.plan.definition;
    const isLate = await this.#withinTime(async () => {
      if (!(await this.#others.areDone())) return;
      await this.#preflight();
      await this.#inOrder(steps);
    });
    if (always.length > 0) await CancellationScope.nonCancellable(() => this.#inOrder(always));
    await this.#endIfCancelled();
    this.failure =
      this.#firstFailure([...steps, ...always]) ?? (isLate ? this.#lateness(steps) : this.#unmet(steps));
    if (this.failure === undefined) {
      this.#succeeded = true;
      await this.#inOrder(onSuccess);
      await this.#endIfCancelled();
      this.failure = this.#firstFailure(onSuccess);
    }
    if (this.failure === undefined) {
      await this.#close('done');
      return { status: 'done', interval: this.plan.interval.id, steps: this.progress().steps };
    }
    await this.#inOrder(onFailure);
    await this.#close('failed');
    throw this.#asFailure(this.failure);
  }

  /** A step that can't succeed fails before the others begin. */
  async #preflight(): Promise<void> {
    if (this.plan.settings.preflight !== true) return;
    const found = await preflight(this.plan, this.scope());
    for (const id of new Set(found.map(({ step }) => step))) {
      const here = found.filter(({ step }) => step === id);
      const [first] = here;
      if (id !== null && first)
        this.#step(id).refuse(first.type, here.map(({ message }) => message).join('; '));
    }
  }

  /** A cancelled run has done its clean-up in the steps and in `finally`, and says no more. */
  async #endIfCancelled(): Promise<void> {
    if (!CancellationScope.current().consideredCancelled) return;
    await this.#close('cancelled');
    await CancellationScope.current().cancelRequested;
  }

  /** Ends what runs when the time of the run is up; says whether it was. */
  async #withinTime(work: () => Promise<void>): Promise<boolean> {
    const { timeoutMs } = this.plan.definition;
    const scope = new CancellationScope({
      cancellable: true,
      ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    });
    await scope.run(work);
    return scope.consideredCancelled && !CancellationScope.current().consideredCancelled;
  }

  /** What a run failed with whose time was up: its first step that was cut off, or never began. */
  #lateness(steps: StepDefinition[]): StepFailure | undefined {
    const late = steps.find(({ id }) => ['cancelled', 'waiting'].includes(this.#step(id).state));
    if (late === undefined) return undefined;
    const words = `the run timed out after ${formatDuration(this.plan.definition.timeoutMs ?? 0)}`;
    const message = `${words}${this.#others.words(', and ')}`;
    const type = this.#others.areMet ? LATE[late.kind] : 'InputMissing';
    return stepFailure(late.id, { type, message, details: this.#step(late.id).work });
  }

  /** What a run failed with that could not find out about the runs before it. */
  #unmet([first]: StepDefinition[]): StepFailure | undefined {
    const { fault } = this.#others;
    return fault && first && stepFailure(first.id, fault);
  }

  /** The id that a step's keys are made of, whose hash no other step of the run has. */
  keyId(id: string): string {
    let keyId = id;
    for (let n = 1; this.#hashes.has(shortHash(keyId, 8)); n += 1) keyId = `${id}#${n}`;
    this.#hashes.add(shortHash(keyId, 8));
    return keyId;
  }

  /** Starts what may start, until nothing is left. */
  async #inOrder(definitions: StepDefinition[]): Promise<void> {
    const running = new Map<string, Promise<void>>();
    for (;;) {
      const { start, skip } = nextSteps(definitions, this.#states());
      const stopped = CancellationScope.current().consideredCancelled;
      if (!stopped) {
        for (const id of skip) this.#step(id).skip();
        for (const id of start)
          running.set(
            id,
            this.#step(id)
              .execute()
              .finally(() => running.delete(id)),
          );
        if (start.length + skip.length > 0) continue;
      }
      if (running.size === 0) return;
      await Promise.race(running.values());
    }
  }

  #step(id: string): StepRun {
    const step = this.steps.get(id);
    if (!step) throw ApplicationFailure.nonRetryable(`no step ${id}`, 'Unexpected');
    return step;
  }

  #states(): Record<string, StepState> {
    return Object.fromEntries([...this.steps].map(([id, { state }]) => [id, state]));
  }

  #firstFailure(steps: StepDefinition[]): StepFailure | undefined {
    const failed = steps.filter(({ id, allowFailure }) => !allowFailure && this.#step(id).state === 'failed');
    return failed.map(({ id }) => this.#step(id).failure).find((failure) => failure !== null) ?? undefined;
  }

  #asFailure({ step, type, message, ref, log }: StepFailure): ApplicationFailure {
    return ApplicationFailure.create({
      type,
      message: `step ${step}${this.#step(step).attemptWords()}: ${type}: ${message}`,
      nonRetryable: true,
      details: [{ step, ref, log }],
    });
  }

  async #close(status: RunRecord['status']): Promise<void> {
    await this.clusters.release();
    this.status = status;
    this.changed();
    if (this.plan.settings.records === true)
      await writeRecord(
        this.plan,
        status,
        this.#shown().map((step) => step.recorded()),
        this.failure,
      );
  }

  /** To be called after any change that a person would want to see. */
  changed(): void {
    showInTemporal(
      this.plan,
      `${this.status}${this.#others.words(', ')}`,
      this.#shown().map((step) => step.progress()),
    );
  }

  #shown(): StepRun[] {
    const { steps, finally: always = [], onSuccess = [], onFailure } = this.plan.definition;
    // Some steps are part of the story only once it is known how it ends.
    const last = this.failure === undefined ? [] : onFailure;
    const shown = [...steps, ...always, ...(this.#succeeded ? onSuccess : []), ...last];
    return shown.map(({ id }) => this.#step(id));
  }

  progress(): Progress {
    const { workflowId, runId } = workflowInfo();
    const { definition, interval, trigger } = this.plan;
    return {
      workflowId,
      runId,
      pipeline: definition.name,
      interval: interval.id,
      status: this.status,
      trigger: trigger.kind,
      ...(!this.#others.areMet && { waitsFor: this.#others.waitsFor }),
      steps: fitting(this.#shown().map((step) => step.progress())),
    };
  }

  /** What the expressions of a step see now. */
  scope(): Scope {
    const { definition, interval, params, trigger } = this.plan;
    const { workflowId, runId, startTime } = workflowInfo();
    return {
      interval,
      params,
      trigger,
      run: { id: workflowId, runId, pipeline: definition.name, startedAt: startTime.toISOString() },
      steps: Object.fromEntries([...this.steps].map(([id, step]) => [id, step.inScope()])),
      ...(this.failure && { failure: this.failure }),
    };
  }
}

/** The steps, without the lists in their results and failures where all that is too much for one answer; the history has them. */
function fitting(steps: StepProgress[]): StepProgress[] {
  if (JSON.stringify(steps).length <= LONGEST_STORY) return steps;
  return steps.map(({ items: _, ...step }) => {
    if (step.failure !== null) {
      const { step: id, type, message, ref, log } = step.failure;
      return { ...step, failure: { step: id, type, message, ref, log } };
    }
    if (step.result === null) return step;
    const { attempts, startedAt, endedAt, ...own } = step.result;
    const small = Object.entries(own).filter(([, value]) => JSON.stringify(value).length <= LONGEST_FIELD);
    return { ...step, result: { ...Object.fromEntries(small), attempts, startedAt, endedAt } };
  });
}
