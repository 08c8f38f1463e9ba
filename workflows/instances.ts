import { instanceOutcome } from '../src/domain/instance.ts';
import type { DataPipelineInstance } from '../src/ports.ts';
import { failure } from './failures.ts';

/** The instances of a Data Pipeline when all of them finished; else a failure with the words and the log of those that did not. */
export function unlessFailed(pipelineId: string, instances: DataPipelineInstance[]): DataPipelineInstance[] {
  const failed = instances.filter(({ status }) => instanceOutcome(status) === 'failed');
  if (failed.length === 0) return instances;
  const words = failed.map(
    ({ name, status, error }) => `${name} ${status}${error === undefined ? '' : `: ${error}`}`,
  );
  // What fell with another one, or was cancelled, has nothing to tell.
  const cause = failed.find(({ log }) => log !== undefined) ?? failed[0];
  throw failure('JobFailed', `Data Pipeline ${pipelineId}: ${words.join('; ')}`, {
    ref: cause?.id ?? pipelineId,
    ...(cause?.log !== undefined && { log: cause.log }),
  });
}

/** What a step's result shows of instances. */
export const shown = (instances: readonly DataPipelineInstance[]) =>
  instances.map(({ id, name, status }) => ({ id, name, status }));
