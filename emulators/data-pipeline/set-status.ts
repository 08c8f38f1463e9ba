import { hasEnded } from './instance.ts';
import type { Pipeline } from './pipeline.ts';
import { invalidRequest } from './protocol.ts';

const STATUSES = ['TRY_CANCEL', 'RERUN', 'MARK_FINISHED'];

/**
 * What a person does with instances: cancel, run again, take for done. Pausing components is not known here.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/APIReference/API_SetStatus.html
 */
export function setStatus(pipeline: Pipeline, ids: string[], status: string): void {
  if (!STATUSES.includes(status))
    throw invalidRequest(`this stand-in sets instances to ${STATUSES.join(', ')}, not to ${status}`);
  const all = pipeline.runs.flatMap((run) => run.instances.map((instance) => ({ run, instance })));
  const found = ids.map((id) => {
    const one = all.find(({ instance }) => instance.id === id);
    if (one === undefined)
      throw invalidRequest(`Object with id: ${id} is no instance of pipeline ${pipeline.id}`);
    return one;
  });
  for (const { run, instance } of found) {
    if (status === 'TRY_CANCEL') instance.cancel();
    else if (status === 'MARK_FINISHED') run.markFinished(instance);
    else if (hasEnded(instance.status)) run.rerun(instance);
    else throw invalidRequest(`${instance.id} is ${instance.status}; only what has ended is run again`);
  }
}
