import { areOver } from '../src/domain/instance.ts';
import { EtlError } from '../src/domain/failure.ts';
import type { DataPipelineInstance } from '../src/ports.ts';
import type { Deps } from './deps.ts';
import { polling } from './waiting.ts';

export function createDataPipelineActivities({ dataPipelines, settings }: Deps) {
  return {
    /** The ID of the Data Pipeline of that name. */
    async resolveDataPipeline(name: string): Promise<string> {
      return dataPipelines.resolve(name);
    },

    /** Waits until no instance of the pipeline lives; returns the IDs of those that there are. */
    async awaitIdleDataPipeline(pipelineId: string): Promise<string[]> {
      const over = twiceOver();
      return polling(
        settings.pollIntervalMs,
        async () => {
          const instances = await dataPipelines.instances(pipelineId);
          return over(instances) ? instances.map(({ id }) => id) : undefined;
        },
        () => ({ waitingFor: `the instances of ${pipelineId} that live` }),
      );
    },

    /** Sends the one activation. Its caller never repeats it, but for an answer that says it was refused. */
    async activateDataPipeline(request: {
      pipelineId: string;
      params: Record<string, string>;
    }): Promise<void> {
      await dataPipelines.activate(request.pipelineId, request.params);
    },

    /** Waits for the instances that appeared since `before`, and for their end. */
    async awaitDataPipelineInstances(request: {
      pipelineId: string;
      before: string[];
    }): Promise<DataPipelineInstance[]> {
      const before = new Set(request.before);
      const over = twiceOver();
      const givenUpAt = Date.now() + settings.activationLookMs;
      let standing: unknown = 'not there yet';
      return polling(
        settings.pollIntervalMs,
        async () => {
          const ours = (await dataPipelines.instances(request.pipelineId)).filter(
            ({ id }) => !before.has(id),
          );
          if (ours.length === 0) {
            if (Date.now() < givenUpAt) return undefined;
            throw new EtlError(
              'JobLost',
              `${request.pipelineId} was activated, but no instance of it appeared`,
            );
          }
          standing = ours.map(({ name, status }) => `${name} ${status}`);
          return over(ours) ? ours : undefined;
        },
        () => ({ waitingFor: request.pipelineId, instances: standing }),
      );
    },
  };
}

/** Over in two looks running, unless every one has ended: what fails may be about to be tried again. */
function twiceOver(): (instances: readonly DataPipelineInstance[]) => boolean {
  let before = false;
  return (instances) => {
    const now = areOver(instances);
    const sure = now && (before || !instances.some(({ status }) => status === 'WAITING_ON_DEPENDENCIES'));
    before = now;
    return sure;
  };
}
