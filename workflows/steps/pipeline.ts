import { workflowInfo } from '@temporalio/workflow';
import type { StepOf } from '../../src/domain/definition.ts';
import { renderDeep } from '../../src/domain/template.ts';
import { brief } from '../activities.ts';
import { failure, rejecting } from '../failures.ts';
import { openAndAwait } from '../join.ts';
import type { StepRun } from '../step-run.ts';

/** Runs another pipeline, or finds that run open, and waits for its end. */
export async function pipeline(step: StepRun, { args, id }: StepOf<'pipeline'>) {
  const scope = step.scope();
  const {
    name,
    interval = scope.interval.id,
    params,
  } = rejecting(() => renderDeep({ ...args }, scope)) as typeof args;
  const input = {
    pipeline: name,
    interval: String(interval),
    ...(params && { params }),
    trigger: { kind: 'pipeline' as const },
  };
  const { workflowId, startTime } = workflowInfo();
  // The very checks that every start goes through, before anything is started.
  const plan = await brief(`${id}: checks the input of ${name}`).openRun({
    input,
    workflowId,
    startedAt: startTime.toISOString(),
  });
  if (plan.role === 'run') throw failure('Rejected', `${workflowId} can't run itself; name another interval`);
  step.say(`waits for ${plan.workflowId}`);
  const { run, result } = await openAndAwait(plan, { by: step.nextKey(), what: `${id}: ` });
  return { workflowId: run.workflowId, runId: run.runId, steps: result.steps };
}
