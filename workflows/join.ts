import { CancellationScope, isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { RunPlan } from '../src/domain/plan.ts';
import type { RunResult } from '../src/domain/run.ts';
import type { OpenedRun } from '../src/ports.ts';
import { brief, waiting } from './activities.ts';
import { passedOn } from './failures.ts';

type JoinPlan = RunPlan & { role: 'join' };

/** Opens the workflow that runs the steps, or finds it open, and waits for its result. */
export async function join(plan: JoinPlan): Promise<RunResult> {
  const { workflowId, runId } = workflowInfo();
  setCurrentDetails(`The steps run in \`${plan.workflowId}\`; this workflow waits for it.`);
  try {
    const { result } = await openAndAwait(plan, { by: `${workflowId}@${runId}` });
    return result;
  } catch (error) {
    throw passedOn(error);
  }
}

/** `by` names who asks, so that a repetition knows its own run; `what` stands before what Temporal's web UI says. */
export async function openAndAwait(
  plan: JoinPlan,
  { by, what = '' }: { by: string; what?: string },
): Promise<{ run: OpenedRun; result: RunResult }> {
  // A cancellation in mid-request would leave it open whether the run was started, and by whom it is to be cancelled.
  const run = await CancellationScope.nonCancellable(() =>
    brief(`${what}opens ${plan.workflowId}`).joinRun({ plan, by }),
  );
  const wait = waiting(plan.settings.heartbeatTimeoutMs, `${what}waits for ${plan.workflowId}`);
  try {
    return { run, result: await wait.awaitRun(run) };
  } catch (error) {
    // Only the one that started it may stop it: the others merely look on.
    if (isCancellation(error) && run.started) {
      await CancellationScope.nonCancellable(async () => {
        await brief(`${what}passes the cancellation on to ${plan.workflowId}`).cancelRun(run);
        await wait.awaitEnd(plan.workflowId);
      });
    }
    throw error;
  }
}
