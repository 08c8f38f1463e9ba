import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EMPTY, type Definition } from './definition.ts';
import { ServiceError, type ParameterValue } from './protocol.ts';
import { startRun, type Run } from './run.ts';
import type { Connection } from './types/type.ts';

/** How long after an activation its instances appear: AWS, too, answers first and acts then. */
const APPEARS_AFTER_MS = 100;

export type PipelineState = 'PENDING' | 'ACTIVATING' | 'SCHEDULED' | 'DEACTIVATING' | 'INACTIVE';

export interface Pipeline {
  id: string;
  name: string;
  uniqueId: string;
  description: string | undefined;
  tags: { key: string; value: string }[];
  createdAt: Date;
  state: PipelineState;
  /** What was put last. */
  latest: Definition;
  /** What was activated last, with the values that came with it. */
  active: Definition | undefined;
  runs: Run[];
  lastScheduledMs: number;
  /** Settles when the activations so far have acted. */
  turn: Promise<void>;
}

type NewPipeline = Pick<Pipeline, 'name' | 'uniqueId' | 'description' | 'tags'>;

const ID_CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const newId = () =>
  `df-${Array.from({ length: 20 }, () => ID_CHARACTERS[randomInt(ID_CHARACTERS.length)]).join('')}`;

/** All pipelines of the stand-in. They live as long as its process. */
export function createPipelines({
  warehouse,
  log,
}: {
  warehouse: Connection | undefined;
  log: (line: string) => void;
}) {
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

    create(wanted: NewPipeline): Pipeline {
      const same = [...pipelines.values()].find(
        ({ name, uniqueId }) => name === wanted.name && uniqueId === wanted.uniqueId,
      );
      if (same !== undefined) return same;
      const pipeline: Pipeline = {
        ...wanted,
        id: newId(),
        createdAt: new Date(),
        state: 'PENDING',
        latest: EMPTY,
        active: undefined,
        runs: [],
        lastScheduledMs: 0,
        turn: Promise.resolve(),
      };
      pipelines.set(pipeline.id, pipeline);
      return pipeline;
    },

    /** Cancels the run that is under way, if there is one, and starts another. */
    activate(pipeline: Pipeline, given: ParameterValue[]): void {
      const definition = pipeline.latest;
      pipeline.state = 'ACTIVATING';
      pipeline.active = { ...definition, values: withValues(definition.values, given) };
      const before = pipeline.turn;
      pipeline.turn = (async () => {
        await before;
        await Promise.all([pipeline.runs.at(-1)?.cancel(), sleep(APPEARS_AFTER_MS)]);
        if (!pipelines.has(pipeline.id)) return;
        // Instances are named by the second: two activations within one may not share a name.
        pipeline.lastScheduledMs = Math.max(
          Math.floor(Date.now() / 1000) * 1000,
          pipeline.lastScheduledMs + 1000,
        );
        const scheduledAt = new Date(pipeline.lastScheduledMs);
        const run = startRun({ pipelineId: pipeline.id, definition, given, scheduledAt, warehouse });
        pipeline.runs.push(run);
        if (pipeline.state === 'ACTIVATING') pipeline.state = 'SCHEDULED';
        log(`${pipeline.name} (${pipeline.id}): runs ${run.instances.map(({ id }) => id).join(', ')}`);
      })();
    },

    /** Cancels what runs, or lets it end. */
    deactivate(pipeline: Pipeline, cancelActive: boolean): void {
      pipeline.state = 'DEACTIVATING';
      void (async () => {
        await pipeline.turn;
        const run = pipeline.runs.at(-1);
        await (cancelActive ? run?.cancel() : run?.done);
        if (pipeline.state === 'DEACTIVATING') pipeline.state = 'INACTIVE';
      })();
    },

    async delete(pipeline: Pipeline): Promise<void> {
      pipelines.delete(pipeline.id);
      deleted.add(pipeline.id);
      await pipeline.turn;
      await pipeline.runs.at(-1)?.cancel();
    },

    /** Cancels all that runs. */
    async stop(): Promise<void> {
      const all = [...pipelines.values()];
      await Promise.all(all.map((pipeline) => this.delete(pipeline)));
    },
  };
}

export type Pipelines = ReturnType<typeof createPipelines>;

const withValues = (values: ParameterValue[], given: ParameterValue[]): ParameterValue[] => [
  ...values.filter(({ id }) => !given.some((value) => value.id === id)),
  ...given,
];
