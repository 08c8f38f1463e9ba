import {
  ApplicationFailure,
  CancelledFailure,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { EtlError, isFailureType, type FailureDetails } from '../domain/failure.ts';
import type { RunLook } from '../domain/new-data.ts';
import type { PipelineInput, RunResult } from '../domain/run.ts';
import type { RunRecord } from '../domain/run-record.ts';
import type { OpenedRun, RunRecords, Runs } from '../ports.ts';
import { describeNewest, unavailable } from './execution.ts';

/** What starts by itself leaves an interval alone that is done; what a person starts runs again. */
const ONCE_IS_ENOUGH: readonly unknown[] = ['schedule', 'event', 'backfill'];
const isOnceEnough = ({ trigger }: PipelineInput): boolean => ONCE_IS_ENOUGH.includes(trigger?.kind);

/** Opens, joins and cancels runs through Temporal's client. */
export class TemporalRuns implements Runs {
  readonly #client: Client;
  readonly #taskQueue: string;
  readonly #records: Pick<RunRecords, 'read'>;

  constructor(client: Client, taskQueue: string, records: Pick<RunRecords, 'read'>) {
    this.#client = client;
    this.#taskQueue = taskQueue;
    this.#records = records;
  }

  async open(
    workflowId: string,
    input: PipelineInput & { interval: string },
    by: string,
  ): Promise<OpenedRun> {
    const before = await describeNewest(this.#client, workflowId);
    if (before?.memo?.['startedBy'] === by) return { workflowId, runId: before.runId, started: true };
    if (isOnceEnough(input)) {
      const done = before ? before.status.name === 'COMPLETED' && before : await this.#doneBefore(workflowId);
      if (done) return { workflowId, runId: done.runId, started: false };
    }
    await this.#start(workflowId, input, by);
    const now = await describeNewest(this.#client, workflowId);
    if (!now)
      throw new EtlError('Unavailable', `${workflowId} was started, but Temporal does not show it yet`);
    return { workflowId, runId: now.runId, started: now.memo?.['startedBy'] === by };
  }

  async result(
    { workflowId, runId }: { workflowId: string; runId?: string },
    signal?: AbortSignal,
  ): Promise<RunResult> {
    try {
      const handle = this.#client.workflow.getHandle(workflowId, runId);
      return (await this.#unless(signal, () => handle.result())) as RunResult;
    } catch (error) {
      const record = error instanceof WorkflowNotFoundError && (await this.#doneBefore(workflowId));
      if (record) return resultOf(record);
      throw failureOf(workflowId, error);
    }
  }

  async cancel({ workflowId, runId }: { workflowId: string; runId: string }): Promise<void> {
    try {
      await this.#client.workflow.getHandle(workflowId, runId).cancel();
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof WorkflowNotFoundError)) throw unavailable(error);
    }
  }

  async look(workflowId: string): Promise<RunLook | undefined> {
    const found = await describeNewest(this.#client, workflowId);
    if (found) {
      const { runId, status, startTime, closeTime } = found;
      return {
        runId,
        status: STATUS[status.name] ?? 'failed',
        startedAt: startTime.toISOString(),
        endedAt: closeTime?.toISOString() ?? null,
      };
    }
    const [pipeline = '', interval = ''] = workflowId.split('/', 2);
    const record = await this.#records.read(pipeline, interval);
    if (!record) return undefined;
    const { runId, status, startedAt, endedAt } = record;
    return { runId, status, startedAt, endedAt };
  }

  async doneUnder(workflowId: string, key: string): Promise<unknown> {
    try {
      const query = `WorkflowId = ${JSON.stringify(workflowId)}`;
      for await (const { runId, memo } of this.#client.workflow.list({ query })) {
        if (memo?.['key'] !== key) continue;
        const handle = this.#client.workflow.getHandle(workflowId, runId);
        if ((await handle.describe()).status.name === 'COMPLETED') return await handle.result();
      }
      return undefined;
    } catch (error) {
      throw unavailable(error);
    }
  }

  async ended(workflowId: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#unless(signal, () => this.#client.workflow.getHandle(workflowId).result());
    } catch (error) {
      if (error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError) return;
      throw unavailable(error);
    }
  }

  /** Waits for an answer, and gives up its request when nobody waits any more: it would outlive the connection. */
  async #unless<T>(signal: AbortSignal | undefined, ask: () => Promise<T>): Promise<T> {
    return signal ? this.#client.withAbortSignal(signal, ask) : ask();
  }

  /** The newest run of an interval that Temporal has forgotten, if it was done. */
  async #doneBefore(workflowId: string): Promise<RunRecord | undefined> {
    const [pipeline = '', interval = ''] = workflowId.split('/', 2);
    const record = await this.#records.read(pipeline, interval);
    return record?.status === 'done' ? record : undefined;
  }

  async #start(workflowId: string, input: PipelineInput, by: string): Promise<void> {
    try {
      await this.#client.workflow.start('pipeline', {
        workflowId,
        taskQueue: this.#taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        // Atomic: between the look and the start another one may have run it to its end.
        ...(isOnceEnough(input) && { workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' }),
        memo: { startedBy: by },
      });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return;
      throw unavailable(error);
    }
  }
}

/** Temporal's states of a workflow; all others are failures. */
const STATUS: Partial<Record<string, RunLook['status']>> = {
  RUNNING: 'running',
  COMPLETED: 'done',
  CANCELLED: 'cancelled',
};

/** What is left of the result of a run that Temporal has forgotten. */
const resultOf = ({ status, interval, steps }: RunRecord): RunResult => ({
  status,
  interval,
  steps: steps.map(({ id, kind, state, attempts, rows, startedAt, endedAt }) => {
    const times = startedAt !== null && endedAt !== null ? { attempts, startedAt, endedAt } : undefined;
    const result = times ? { ...times, ...(rows !== null && { rows }) } : null;
    return { id, kind, state, attempt: attempts, result, failure: null, detail: null };
  }),
});

/** What a run failed with, as it is passed on to those who waited for it. */
function failureOf(workflowId: string, error: unknown): EtlError {
  if (!(error instanceof WorkflowFailedError)) return unavailable(error);
  const { cause } = error;
  if (cause instanceof ApplicationFailure) {
    const details = (cause.details?.[0] ?? {}) as FailureDetails;
    return new EtlError(isFailureType(cause.type) ? cause.type : 'Unexpected', cause.message, { details });
  }
  const how = cause instanceof CancelledFailure ? 'was cancelled' : 'was terminated';
  return new EtlError('JobFailed', `${workflowId} ${how}`);
}
