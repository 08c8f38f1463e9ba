import { randomInt } from 'node:crypto';
import { Pipeline, type NewPipeline } from './pipeline.ts';
import { ServiceError } from '../aws-json.ts';
import type { Services } from './services/services.ts';

const ID_CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const newId = () =>
  `df-${Array.from({ length: 20 }, () => ID_CHARACTERS[randomInt(ID_CHARACTERS.length)]).join('')}`;

/** All pipelines of the stand-in. They live as long as its process. */
export function createPipelines(services: Services, log: (line: string) => void) {
  const pipelines = new Map<string, Pipeline>();
  const deleted = new Set<string>();

  return {
    list: (): Pipeline[] => [...pipelines.values()],

    get(id: string): Pipeline {
      const pipeline = pipelines.get(id);
      if (pipeline !== undefined) return pipeline;
      if (deleted.has(id))
        throw new ServiceError('PipelineDeletedException', `Pipeline with id: ${id} is deleted`);
      throw new ServiceError('PipelineNotFoundException', `Pipeline with id: ${id} does not exist`);
    },

    /** Gives the pipeline that was created with the same name and unique ID, if there is one. */
    create(wanted: Omit<NewPipeline, 'id'>): Pipeline {
      const same = [...pipelines.values()].find(
        ({ name, uniqueId }) => name === wanted.name && uniqueId === wanted.uniqueId,
      );
      if (same !== undefined) return same;
      const pipeline = new Pipeline({ ...wanted, id: newId() }, services, log);
      pipelines.set(pipeline.id, pipeline);
      return pipeline;
    },

    async delete(pipeline: Pipeline): Promise<void> {
      pipelines.delete(pipeline.id);
      deleted.add(pipeline.id);
      await pipeline.delete();
    },

    /** Cancels all that runs. */
    async stop(): Promise<void> {
      await Promise.all([...pipelines.values()].map((pipeline) => this.delete(pipeline)));
    },
  };
}

export type Pipelines = ReturnType<typeof createPipelines>;
