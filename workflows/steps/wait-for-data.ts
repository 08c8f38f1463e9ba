import type { StepOf } from '../../src/domain/definition.ts';
import { renderDeep } from '../../src/domain/template.ts';
import { waiting } from '../activities.ts';
import { rejecting } from '../failures.ts';
import type { StepRun } from '../step-run.ts';

/** Waits until the data is there. */
export async function waitForData(step: StepRun, { args, id }: StepOf<'waitForData'>) {
  const rendered = rejecting(() => renderDeep({ ...args }, step.scope())) as typeof args;
  step.say(`waits for ${rendered.path}`);
  const wait = waiting(step.run.plan.settings.heartbeatTimeoutMs, `${id}: waits for ${rendered.path}`);
  return { ...(await wait.waitForData(rendered)) };
}
