import type { StepOf } from '../../src/domain/definition.ts';
import { renderDeep, renderText } from '../../src/domain/template.ts';
import { brief } from '../activities.ts';
import { rejecting } from '../failures.ts';
import type { StepRun } from '../step-run.ts';

/** Writes one object, such as a marker that other systems wait for. */
export async function putObject(step: StepRun, { args, id }: StepOf<'putObject'>) {
  const path = rejecting(() => renderText(args.path, step.scope()), 'path: ');
  const content = rejecting(() => renderDeep(args.content, step.scope()), 'content: ');
  return { ...(await brief(`${id}: writes ${path}`).putObject({ path, content })) };
}
