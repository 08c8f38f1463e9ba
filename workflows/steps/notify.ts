import type { StepOf } from '../../src/domain/definition.ts';
import { renderText } from '../../src/domain/template.ts';
import { brief } from '../activities.ts';
import { rejecting } from '../failures.ts';
import type { StepRun } from '../step-run.ts';

/** Tells somebody, by a webhook. */
export async function notify(step: StepRun, { args, id }: StepOf<'notify'>) {
  const { webhook, message } = args;
  const { run, interval, failure } = step.scope();
  const text = rejecting(() => renderText(message, step.scope()), 'message: ');
  const context = {
    run: run.id,
    runId: run.runId,
    interval: interval.id,
    step: id,
    failure: failure ?? null,
  };
  const { status } = await brief(`${id}: tells ${webhook}`).notify({
    webhook,
    id: step.nextKey(),
    text,
    context,
  });
  return { status };
}
