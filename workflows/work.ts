import { CancellationScope, condition, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import type { FinishedWork } from '../activities/work.ts';
import type { Connection } from '../src/domain/connection.ts';
import type { FileSet, JobKind, JobSpec, StatementBatch, WorkRef } from '../src/ports.ts';
import { brief, waiting } from './activities.ts';
import { faultOf } from './failures.ts';
import type { StepRun } from './step-run.ts';

export interface WorkRequest {
  to: Connection;
  /** What it is, in a word or two, for Temporal's web UI. */
  what: string;
  spec: JobSpec | StatementBatch;
  /** A key that was never used, each time that it is asked. */
  nextKey(): string;
  /** To be done again where it is found done, as after a reset: what came later may have undone it. */
  afresh?: boolean;
  /** It changes nothing, so that it is simply run again where nobody can say what became of it. */
  onlyReads?: boolean;
  /** The output to measure when it has ended. */
  output?: FileSet;
  /** The kind of job, where it leaves more than files. */
  outcome?: JobKind;
  /** How many rows of the last query to bring along; one, if nothing is said. */
  rows?: number;
}

/** Each try adds to the history, and a warehouse may be away for days. */
export const LONGEST_PAUSE_MS = 600_000;

/**
 * Submits remote work, waits for its end, and never leaves it behind: cancel, timeout and failure end with the work
 * confirmed ended.
 */
export async function doWork(step: StepRun, request: WorkRequest): Promise<FinishedWork> {
  for (let pauseMs = 1_000; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const key = request.nextKey();
    try {
      const finished = await submitAndAwait(step, request, key);
      if (finished !== 'endedBefore') return finished;
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { type, message, details } = faultOf(error);
      // Rolled back by the other side, as a serialization conflict is: the same again, under a key of its own.
      const isRolledBack = type === 'Unavailable' && details.ended === true;
      if (!isRolledBack && !(request.onlyReads && type === 'JobLost')) throw error;
      step.say(`${request.what}: ${message}; tries again`);
      await sleep(pauseMs, { summary: `${step.definition.id}: before trying again` });
    }
  }
}

async function submitAndAwait(
  step: StepRun,
  { to, what, spec, output, outcome, rows, afresh = false }: WorkRequest,
  key: string,
): Promise<FinishedWork | 'endedBefore'> {
  const { id } = step.definition;
  let ref = adoptedRef(step, key);
  let found: true | undefined;
  try {
    if (ref === undefined) {
      const { runId, firstExecutionRunId } = workflowInfo();
      const isNew = runId === firstExecutionRunId;
      const submitted = await brief(`${id}: submits ${what}`).submitWork({ to, spec, key, isNew });
      if (submitted.endedBadlyBefore || (afresh && submitted.doneBefore)) return 'endedBefore';
      ({ ref, found } = submitted);
    }
    step.work = { ref: ref.id, ...(ref.log !== undefined && { log: ref.log }) };
    step.say(`waits for ${what} ${ref.id}`);
    const wait = waiting(step.run.plan.settings.heartbeatTimeoutMs, `${id}: waits for ${what}`);
    const finished = await wait.awaitWork({
      to,
      ref,
      ...(output && { output }),
      ...(outcome && { outcome }),
      ...(rows !== undefined && { rows }),
    });
    return found ? { ...finished, found } : finished;
  } catch (error) {
    const { type, details } = faultOf(error);
    const over = !isCancellation(error) && (details.ended === true || type === 'JobLost');
    if (!over) await stop(step, { to, what, key, ...(ref && { ref }) });
    throw error;
  }
}

/** What `adopt` named takes the place of a submission, once. */
function adoptedRef(step: StepRun, key: string): WorkRef | undefined {
  const id = step.adopted;
  step.adopted = undefined;
  return id === undefined ? undefined : { id, key, adopted: true };
}

/** Stops the work and waits for its end, also when the run is cancelled; `abandon` gives up on an engine that never confirms. */
async function stop(
  step: StepRun,
  { what, ...request }: { to: Connection; what: string; key: string; ref?: WorkRef },
): Promise<void> {
  const { heartbeatTimeoutMs } = step.run.plan.settings;
  await CancellationScope.nonCancellable(async () => {
    step.stopping = true;
    step.say(`stops ${what} ${request.ref?.id ?? request.key}`);
    const stopping = new CancellationScope();
    const stopped = stopping
      .run(() => waiting(heartbeatTimeoutMs, `${step.definition.id}: stops ${what}`).stopWork(request))
      .catch((error: unknown) => {
        // By `abandon`, which needs no words.
        if (isCancellation(error)) return;
        step.unstopped = `could not stop ${what}: ${faultOf(error).message}`;
      });
    const abandoned = condition(() => step.decision === 'abandon').then(() => {
      stopping.cancel();
      step.decision = undefined;
    });
    await Promise.race([stopped, abandoned]);
    step.stopping = false;
  });
}
