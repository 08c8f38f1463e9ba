import type { StepOf } from '../../src/domain/definition.ts';
import { renderDeep } from '../../src/domain/template.ts';
import { brief } from '../activities.ts';
import { rejecting } from '../failures.ts';
import type { StepRun } from '../step-run.ts';

/** Writes one object, such as a marker that other systems wait for. */
export async function putObject(step: StepRun, { args, id }: StepOf<'putObject'>) {
  const rendered = rejecting(() => renderDeep({ ...args }, step.scope())) as typeof args;
  return { ...(await brief(`${id}: writes ${rendered.path}`).putObject(rendered)) };
}
