import type { StepOf } from '../../src/domain/definition.ts';
import { toInstant } from '../../src/domain/instant.ts';
import { renderDeep } from '../../src/domain/template.ts';
import { waiting } from '../activities.ts';
import { rejecting } from '../failures.ts';
import { shown, unlessFailed } from '../instances.ts';
import type { StepRun } from '../step-run.ts';
import { asTexts, pipelineIdOf } from './activate-data-pipeline.ts';

/** Waits for an activation of a Data Pipeline that somebody else makes, and for the end of its instances. */
export async function awaitDataPipeline(step: StepRun, { args, id }: StepOf<'awaitDataPipeline'>) {
  const scope = step.scope();
  const rendered = rejecting(() => renderDeep({ ...args }, scope)) as typeof args;
  const { activatedAfter = scope.run.startedAt, params } = rendered;
  const after = rejecting(() => toInstant(activatedAfter), 'activatedAfter: ');
  const pipelineId = await pipelineIdOf(id, rendered);
  step.say(`waits for ${pipelineId} to be activated, and for its instances`);
  const wait = waiting(step.run.plan.settings.heartbeatTimeoutMs, `${id}: waits for ${pipelineId}`);
  const asked = { pipelineId, after, params: asTexts(params) };
  return {
    pipelineId,
    instances: shown(unlessFailed(pipelineId, await wait.awaitActivatedDataPipeline(asked))),
  };
}
