import type { StepOf } from '../../src/domain/definition.ts';
import { renderText } from '../../src/domain/template.ts';
import { brief } from '../activities.ts';
import { rejecting } from '../failures.ts';
import type { StepRun } from '../step-run.ts';

/** Tells somebody, by a webhook or an SNS topic. */
export async function notify(step: StepRun, { args, id }: StepOf<'notify'>) {
  const { webhook, topic, subject, message } = args;
  const { run, interval, failure } = step.scope();
  const text = rejecting(() => renderText(message, step.scope()), 'message: ');
  const context = {
    run: run.id,
    runId: run.runId,
    interval: interval.id,
    step: id,
    failure: failure ?? null,
  };
  const line = subject && rejecting(() => renderText(subject, step.scope()), 'subject: ');
  return brief(`${id}: tells ${webhook ?? topic ?? ''}`).notify({
    ...(webhook !== undefined && { webhook }),
    ...(topic !== undefined && { topic }),
    ...(line !== undefined && { subject: line }),
    id: step.nextKey(),
    text,
    context,
  });
}
