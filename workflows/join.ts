import { CancellationScope, isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { RunPlan } from '../src/domain/plan.ts';
import type { RunResult } from '../src/domain/run.ts';
import { brief, waiting } from './activities.ts';
import { failure, faultOf } from './failures.ts';

/** Opens the workflow that runs the steps, or finds it open, and waits for its result. */
export async function join(plan: RunPlan & { role: 'join' }): Promise<RunResult> {
  const { workflowId, runId } = workflowInfo();
  setCurrentDetails(`The steps run in \`${plan.workflowId}\`; this workflow waits for it.`);
  try {
    // A cancellation in mid-request would leave it open whether the run was started, and by whom it is to be cancelled.
    const run = await CancellationScope.nonCancellable(() =>
      brief(`opens ${plan.workflowId}`).joinRun({ plan, by: `${workflowId}@${runId}` }),
    );
    const wait = waiting(plan.settings.heartbeatTimeoutMs, `waits for ${plan.workflowId}`);
    try {
      return await wait.awaitRun(run);
    } catch (error) {
      // Only the one that started it may stop it: the others merely look on.
      if (isCancellation(error) && run.started) {
        await CancellationScope.nonCancellable(async () => {
          await brief(`passes the cancellation on to ${plan.workflowId}`).cancelRun(run);
          await wait.awaitEnd(plan.workflowId);
        });
      }
      throw error;
    }
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { type, message, details } = faultOf(error);
    throw failure(type, message, details);
  }
}
