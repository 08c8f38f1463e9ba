import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild, type ChildWorkflowHandle } from '@temporalio/workflow';
import type { BackfillPlan } from '../src/domain/backfill-progress.ts';
import { join } from './join.ts';
import type { pipeline } from './pipeline.ts';

/** Temporal hands out tasks of the usual priority, 3, before these: the daily run does not wait for a backfill. */
const AFTER_THE_OTHERS = { priorityKey: 4 };

/** Runs one interval, as a child. Says whether the run was started here, or was done or open already. */
export async function runInterval(plan: BackfillPlan, interval: string): Promise<'own' | 'other'> {
  const { pipeline: name, params, rerun } = plan.input;
  const trigger = { kind: 'backfill' as const };
  const input = { pipeline: name, interval, trigger, ...(params && { params }) };
  const workflowId = `${name}/${interval}`;
  let child: ChildWorkflowHandle<typeof pipeline>;
  try {
    child = await startChild<typeof pipeline>('pipeline', {
      workflowId,
      args: [input],
      // Atomic: of an interval that is done no second run can slip in.
      workflowIdReusePolicy: rerun ? 'ALLOW_DUPLICATE' : 'ALLOW_DUPLICATE_FAILED_ONLY',
      // A backfill that is terminated leaves its few open runs to go on: terminated, they would leave jobs behind.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      priority: AFTER_THE_OTHERS,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    await join({ role: 'join', workflowId, input, settings: plan.settings });
    return 'other';
  }
  await child.result();
  return 'own';
}
