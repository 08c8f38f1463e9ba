import type { StepOf } from '../../src/domain/definition.ts';
import { renderText } from '../../src/domain/template.ts';
import { waiting } from '../activities.ts';
import { rejecting } from '../failures.ts';
import type { StepRun } from '../step-run.ts';

/** Waits until the data is there. */
export async function waitForData(step: StepRun, { args, id }: StepOf<'waitForData'>) {
  const path = rejecting(() => renderText(args.path, step.scope()), 'path: ');
  step.say(`waits for ${path}`);
  const wait = waiting(step.run.plan.settings.heartbeatTimeoutMs, `${id}: waits for ${path}`);
  return { ...(await wait.waitForData({ ...args, path })) };
}
