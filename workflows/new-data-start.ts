import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { RunSettings } from '../src/domain/plan.ts';
import type { PipelineInput } from '../src/domain/run.ts';
import { brief, waiting } from './activities.ts';
import type { pipeline } from './pipeline.ts';

/** The run that new data asked for: started here, open already, or done before. `ended` settles with it. */
export type OpenedRun =
  | { kind: 'own'; runId: string; ended: Promise<void> }
  | { kind: 'other'; startedAt: string; ended: Promise<void> }
  | { kind: 'ended'; startedAt: string; endedAt: string };

/** Starts the run of the interval. The first one isn't started again where one is done already; a rerun is. */
export async function openRun(
  input: PipelineInput & { interval: string },
  { heartbeatTimeoutMs }: RunSettings,
  isFirst: boolean,
): Promise<OpenedRun> {
  const workflowId = `${input.pipeline}/${input.interval}`;
  for (;;) {
    try {
      const child = await startChild<typeof pipeline>('pipeline', {
        workflowId,
        args: [input],
        // Atomic: of an interval that is done no second run can slip in.
        workflowIdReusePolicy: isFirst ? 'ALLOW_DUPLICATE_FAILED_ONLY' : 'ALLOW_DUPLICATE',
        parentClosePolicy: ParentClosePolicy.ABANDON,
      });
      return { kind: 'own', runId: child.firstExecutionRunId, ended: settled(child.result()) };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const look = await brief(`looks at ${workflowId}`).lookAtRun(workflowId);
    if (look?.status === 'running')
      return { kind: 'other', startedAt: look.startedAt, ended: seeThrough(workflowId, heartbeatTimeoutMs) };
    // One that failed in the meantime is no reason not to run.
    if (look?.status === 'done' && isFirst)
      return { kind: 'ended', startedAt: look.startedAt, endedAt: look.endedAt ?? look.startedAt };
  }
}

async function settled(result: Promise<unknown>): Promise<void> {
  await result;
}

/** Waits for the end of a run that is no child of this workflow, or of an earlier run of it. */
export async function seeThrough(workflowId: string, heartbeatTimeoutMs: number): Promise<void> {
  await waiting(heartbeatTimeoutMs, `waits for ${workflowId}`).awaitEnd(workflowId);
}

/** Cancels a run, and returns when its jobs are stopped. */
export async function stopRun(workflowId: string, runId: string, heartbeatTimeoutMs: number): Promise<void> {
  await brief(`passes the cancellation on to ${workflowId}`).cancelRun({ workflowId, runId, started: true });
  await seeThrough(workflowId, heartbeatTimeoutMs);
}
