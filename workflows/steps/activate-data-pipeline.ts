import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  executeChild,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { StepOf } from '../../src/domain/definition.ts';
import { toInstant } from '../../src/domain/instant.ts';
import { jobKey } from '../../src/domain/key.ts';
import { renderDeep } from '../../src/domain/template.ts';
import { activation } from '../activation.ts';
import { brief, waiting } from '../activities.ts';
import { failure, rejecting } from '../failures.ts';
import { shown } from '../instances.ts';
import type { StepRun } from '../step-run.ts';

/** Activates a Data Pipeline and waits for the instances of that activation; one activation at a time. */
export async function activateDataPipeline(step: StepRun, { args, id }: StepOf<'activateDataPipeline'>) {
  const rendered = rejecting(() => renderDeep({ ...args }, step.scope())) as typeof args;
  const { startTime, onCancel, params } = rendered;
  const startAt = startTime === undefined ? undefined : rejecting(() => toInstant(startTime), 'startTime: ');
  const pipelineId = await pipelineIdOf(id, rendered);
  const workflowId = `data-pipeline/${pipelineId}`;
  const { heartbeatTimeoutMs } = step.run.plan.settings;
  const { firstExecutionRunId, runId, workflowId: by } = workflowInfo();
  // One for all attempts: of those no more than one is ever done.
  const key = jobKey(firstExecutionRunId, id, 0);
  for (;;) {
    try {
      step.say(`waits for ${workflowId}`);
      const request = {
        ...{ pipelineId, params: asTexts(params), heartbeatTimeoutMs, by },
        ...(onCancel !== undefined && { onCancel }),
        ...(startAt !== undefined && { startAt }),
        // Only a reset makes a run do again what it had done.
        ...(runId !== firstExecutionRunId && { doneUnder: { workflowId, key } }),
      };
      const instances = await executeChild(activation, {
        workflowId,
        args: [request],
        memo: { key },
        staticSummary: `activates ${pipelineId} for ${by}`,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        // The instances run on in AWS; who terminates the run must not free the lock before they have ended.
        parentClosePolicy: ParentClosePolicy.ABANDON,
      });
      return { pipelineId, instances: shown(instances) };
    } catch (error) {
      if (isCancellation(error) && !CancellationScope.current().consideredCancelled)
        throw failure('JobFailed', `${workflowId} was cancelled from outside; what it activated may run on`);
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      step.say(`another run activates ${pipelineId}; waits for its end`);
      await waiting(heartbeatTimeoutMs, `${id}: waits for the activation before`).awaitEnd(workflowId, {
        inTurn: true,
      });
    }
  }
}

/** The ID that a step gives, or the one that belongs to the name. */
export const pipelineIdOf = async (step: string, args: { id?: string; name?: string }): Promise<string> =>
  args.id ?? (await brief(`${step}: finds ${args.name}`).resolveDataPipeline(args.name ?? ''));

/** Parameters are texts on AWS. */
export const asTexts = (params: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
