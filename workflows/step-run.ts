import { condition, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import type { Json, StepDefinition } from '../src/domain/definition.ts';
import { evaluateCondition } from '../src/domain/expression.ts';
import type { FailureDetails, FailureType } from '../src/domain/failure.ts';
import { jobKey } from '../src/domain/key.ts';
import type { Scope, StepFailure, StepProgress, StepResult } from '../src/domain/run.ts';
import type { RecordedStep } from '../src/domain/run-record.ts';
import { stepHasEnded, type StepState } from '../src/domain/state.ts';
import { withDeadline } from './deadline.ts';
import { failure, faultOf, rejecting, stepFailure } from './failures.ts';
import { itemRuns, runItems } from './items.ts';
import type { Run } from './run.ts';
import { LATE, runKind } from './steps/index.ts';
import type { StatementsResult } from './steps/redshift-sql.ts';

/** What the user's `retry` may try again: the job, the load or the data went wrong, not the request for it. */
const RETRIED: readonly FailureType[] = ['JobFailed', 'PublishFailed', 'InputMissing'];

/** What a person said of a step whose job is lost, or does not confirm its end. */
export type Decision = { adopt: string } | 'resubmit' | 'abandon';

/** One step of one run: its state, its attempts, and what it came to. */
export class StepRun {
  readonly definition: StepDefinition;
  readonly run: Run;
  readonly item: { value: Json } | undefined;
  /** Of a step with `forEach`, once it runs. */
  items: StepRun[] = [];
  state: StepState = 'waiting';
  attempt = 0;
  result: StepResult | null = null;
  failure: StepFailure | null = null;
  decision: Decision | undefined;
  /** Whether the step is stopping remote work that does not confirm its end: then it takes `abandon`. */
  stopping = false;
  /** The ref that `adopt` named, for the attempt that follows. */
  adopted: string | undefined;
  /** The newest work of this attempt: where to look when its time is up. */
  work: FailureDetails = {};
  /** Of a chain that runs one by one, in this attempt: what is decided of a lost command does none of them again. */
  commandsDone: { ref: string; state: 'done' }[] = [];
  /** Remote work that may run on, and why it could not be stopped. */
  unstopped: string | null = null;
  /** How many batches were sent under `onceKey`. */
  batches = 0;
  /** What the statements came to that are committed each on its own: an attempt goes on behind them. */
  readonly committed: StatementsResult[] = [];
  #onceKey: string | undefined;
  #detail: string | null = null;
  /** What its keys are made of: the id, unless another step's has the same hash. */
  readonly #keyId: string;
  #keys = 0;
  #startedAt: string | null = null;
  #endedAt: string | null = null;

  /** `item` is for the step of one item of a step with `forEach`. */
  constructor(definition: StepDefinition, run: Run, item?: { value: Json }) {
    this.definition = definition;
    this.run = run;
    this.item = item;
    this.#keyId = run.keyId(definition.id);
  }

  /** The step for one item of its list. */
  ofItem(label: string, item: Json): StepRun {
    const { when: _, whenAt: __, forEach: ___, ...definition } = this.definition;
    return new StepRun({ ...definition, id: `${definition.id}[${label}]` }, this.run, { value: item });
  }

  /** Never rejects: what happened is in `state`, `result` and `failure`. */
  async execute(): Promise<void> {
    try {
      if (!this.#wanted()) return this.skip();
      const startedAt = new Date().toISOString();
      this.#startedAt = startedAt;
      this.#enter('running');
      const result = await this.#result();
      const times = { attempts: this.attempt, startedAt, endedAt: new Date().toISOString() };
      this.result = { ...result, ...times };
      this.#enter('done');
    } catch (error) {
      if (isCancellation(error)) return this.#enter('cancelled', this.unstopped);
      this.failure = stepFailure(this.definition.id, faultOf(error));
      this.#enter('failed', this.unstopped);
    }
  }

  skip(): void {
    this.#enter('skipped');
  }

  /** Fails the step before it begins. */
  refuse(type: FailureType, message: string): void {
    this.failure = stepFailure(this.definition.id, { type, message, details: {} });
    this.#enter('failed');
  }

  /** A key that no submission of this step has had. */
  nextKey(): string {
    this.#keys += 1;
    return jobKey(workflowInfo().firstExecutionRunId, this.#keyId, this.#keys);
  }

  /** The ledger's key of what takes effect once: the same for all attempts, since one that failed may have had it. */
  onceKey(): string {
    return (this.#onceKey ??= this.nextKey());
  }

  scope(): Scope {
    const scope = this.run.scope();
    return this.item ? { ...scope, item: this.item.value } : scope;
  }

  /** Says what the step waits for. */
  say(detail: string): void {
    this.#detail = detail;
    this.run.changed();
  }

  /** Waits until a person has decided, and forgets the decision once it is taken. */
  async decided(): Promise<Decision> {
    await condition(() => this.decision !== undefined);
    const decision = this.decision ?? 'abandon';
    this.decision = undefined;
    return decision;
  }

  /** Empty for a step that failed before its first attempt. */
  attemptWords(): string {
    return this.attempt === 0 ? '' : `, attempt ${this.attempt} of ${this.definition.retry.attempts}`;
  }

  progress(): StepProgress {
    const { id, kind } = this.definition;
    const { state, attempt, result, failure, item, items } = this;
    return {
      id,
      kind,
      state,
      attempt,
      result,
      failure,
      detail: this.#detail,
      ...(item && { item: item.value }),
      ...(items.length > 0 && { items: items.map((one) => one.progress()) }),
    };
  }

  /** What stays known of it. */
  recorded(): RecordedStep {
    const { id, kind } = this.definition;
    const rows = typeof this.result?.['rows'] === 'number' ? this.result['rows'] : null;
    const times = { startedAt: this.#startedAt, endedAt: this.#endedAt };
    return { id, kind, state: this.state, attempts: this.attempt, rows, ...times };
  }

  /** `steps.x` in expressions: the fields of its result, and its state. */
  inScope(): Scope['steps'][string] {
    return { ...this.result, state: this.state };
  }

  #wanted(): boolean {
    const { when, whenAt } = this.definition;
    return (
      when === undefined || rejecting(() => evaluateCondition(when, this.scope()), `${whenAt ?? 'when'}: `)
    );
  }

  async #result(): Promise<object> {
    const { forEach } = this.definition;
    if (!forEach) return this.#attempts();
    this.items = itemRuns(this, forEach);
    const result = await runItems(this, forEach);
    this.attempt = Math.max(1, ...this.items.map(({ attempt }) => attempt));
    return result;
  }

  async #attempts(): Promise<object> {
    const { retry, timeoutMs, kind } = this.definition;
    for (;;) {
      this.attempt += 1;
      this.work = {};
      this.commandsDone = [];
      const attempt = () =>
        withDeadline(
          timeoutMs,
          LATE[kind],
          () => runKind(this),
          () => this.work,
        );
      try {
        return await this.#untilNotLost(attempt);
      } catch (error) {
        if (isCancellation(error)) throw error;
        const fault = faultOf(error);
        // While its job may run on, another one would be the second.
        const over = this.attempt >= retry.attempts || this.unstopped !== null;
        if (over || !RETRIED.includes(fault.type)) throw error;
        this.failure = stepFailure(this.definition.id, fault);
        this.say(`${fault.message}; tries again`);
        await sleep(retry.delayMs, { summary: `${this.definition.id}: before attempt ${this.attempt + 1}` });
        this.failure = null;
        this.say('');
      }
    }
  }

  /** A job that the engine no longer knows stops the step until somebody says what is true. */
  async #untilNotLost(attempt: () => Promise<object>): Promise<object> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const fault = faultOf(error);
        if (isCancellation(error) || fault.type !== 'JobLost') throw error;
        if (this.definition.onLost === 'resubmit') {
          this.say(`${fault.message}; submits it again`);
          // What loses one job may lose the next as well.
          await sleep(this.definition.retry.delayMs, {
            summary: `${this.definition.id}: before resubmitting`,
          });
          continue;
        }
        this.failure = stepFailure(this.definition.id, fault);
        this.#enter('lost', `${fault.message}: adopt it by its ref, resubmit it, or abandon it`);
        const decision = await this.decided();
        if (decision === 'abandon')
          throw failure('JobLost', `${fault.message}, and it was abandoned`, fault.details);
        this.adopted = decision === 'resubmit' ? undefined : decision.adopt;
        this.failure = null;
        this.#enter('running');
      }
    }
  }

  #enter(state: StepState, detail: string | null = null): void {
    this.state = state;
    if (this.#startedAt !== null && stepHasEnded(state)) this.#endedAt = new Date().toISOString();
    this.#detail = detail;
    this.run.changed();
  }
}
