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
import { renderDeep } from '../../src/domain/template.ts';
import { activation } from '../activation.ts';
import { brief, waiting } from '../activities.ts';
import { failure, rejecting } from '../failures.ts';
import type { StepRun } from '../step-run.ts';

/** Activates a Data Pipeline and waits for the instances of that activation; one activation at a time. */
export async function activateDataPipeline(step: StepRun, { args, id }: StepOf<'activateDataPipeline'>) {
  const rendered = rejecting(() => renderDeep({ ...args }, step.scope())) as typeof args;
  const pipelineId =
    rendered.id ?? (await brief(`${id}: finds ${rendered.name}`).resolveDataPipeline(rendered.name ?? ''));
  const params = Object.fromEntries(
    Object.entries(rendered.params).map(([name, value]) => [name, String(value)]),
  );
  const workflowId = `data-pipeline/${pipelineId}`;
  const { heartbeatTimeoutMs } = step.run.plan.settings;
  for (;;) {
    try {
      step.say(`waits for ${workflowId}`);
      const instances = await executeChild(activation, {
        workflowId,
        args: [{ pipelineId, params, heartbeatTimeoutMs, by: workflowInfo().workflowId }],
        staticSummary: `activates ${pipelineId} for ${workflowInfo().workflowId}`,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        // The instances run on in AWS; who terminates the run must not free the lock before they have ended.
        parentClosePolicy: ParentClosePolicy.ABANDON,
      });
      return { pipelineId, instances: instances.map(({ id, name, status }) => ({ id, name, status })) };
    } catch (error) {
      if (isCancellation(error) && !CancellationScope.current().consideredCancelled)
        throw failure('JobFailed', `${workflowId} was cancelled from outside; what it activated runs on`);
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      step.say(`another run activates ${pipelineId}; waits for its end`);
      await waiting(heartbeatTimeoutMs, `${id}: waits for the activation before`).awaitEnd(workflowId);
    }
  }
}
