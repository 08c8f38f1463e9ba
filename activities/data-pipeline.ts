import { Context } from '@temporalio/activity';
import { areOver, instanceOutcome } from '../src/domain/instance.ts';
import { EtlError } from '../src/domain/failure.ts';
import type { DataPipelineInstance } from '../src/ports.ts';
import type { Deps } from './deps.ts';
import { polling } from './waiting.ts';

/** What stands before an activation: what there was, or, where it was done before, what it came to. */
export interface BeforeActivation {
  before: string[];
  done?: DataPipelineInstance[];
}

/** What a wait for instances tells of itself; another worker that takes over reads which ones they are. */
interface Standing {
  waitingFor: string;
  /** When they are scheduled; undefined while there are none. */
  times?: string[];
  /** When the newest was scheduled that belongs to an activation with other parameters. */
  foreign?: string;
  instances?: string[];
}

export function createDataPipelineActivities({ dataPipelines, runs, settings }: Deps) {
  /** Asks until the instances that `look` finds are over. */
  const untilOver = (
    standing: Standing,
    look: () => Promise<DataPipelineInstance[]>,
  ): Promise<DataPipelineInstance[]> => {
    const over = twiceOver();
    return polling(
      settings.pollIntervalMs,
      async () => {
        const instances = await look();
        standing.instances = instances.map(({ name, status }) => `${name} ${status}`);
        return instances.length > 0 && over(instances) ? instances : undefined;
      },
      () => ({ ...standing }),
    );
  };

  return {
    /** The ID of the Data Pipeline of that name. */
    async resolveDataPipeline(name: string): Promise<string> {
      return dataPipelines.resolve(name);
    },

    /**
     * Waits until no instance of the pipeline lives. `doneUnder` is given where this may be a repetition, as after a
     * reset: then it looks first whether the activation of that key is done.
     */
    async awaitIdleDataPipeline(request: {
      pipelineId: string;
      doneUnder?: { workflowId: string; key: string };
    }): Promise<BeforeActivation> {
      const { pipelineId, doneUnder } = request;
      const done = doneUnder && (await runs.doneUnder(doneUnder.workflowId, doneUnder.key));
      if (done !== undefined) return { before: [], done: done as DataPipelineInstance[] };
      const over = twiceOver();
      const ended = new Map<string, DataPipelineInstance>();
      return polling(
        settings.pollIntervalMs,
        async () => {
          const rest = await dataPipelines.instances(pipelineId, { except: new Set(ended.keys()) });
          const all = [...ended.values(), ...rest];
          for (const instance of rest)
            if (instanceOutcome(instance.status) !== 'live') ended.set(instance.id, instance);
          return over(all) ? { before: all.map(({ id }) => id) } : undefined;
        },
        () => ({ waitingFor: `the instances of ${pipelineId} that live` }),
      );
    },

    /** Sends the one activation. Its caller never repeats it, but for an answer that says it was refused. */
    async activateDataPipeline(request: {
      pipelineId: string;
      params: Record<string, string>;
      startAt?: string;
    }): Promise<void> {
      await dataPipelines.activate(request.pipelineId, request.params, request.startAt);
    },

    /**
     * Waits for the instances that appeared since `before`, and for their end. Those that come later at other times
     * belong to another activation, or to the next interval of a schedule.
     */
    async awaitDataPipelineInstances(request: {
      pipelineId: string;
      before: string[];
    }): Promise<DataPipelineInstance[]> {
      const { pipelineId } = request;
      const except = new Set(request.before);
      const givenUpAt = Date.now() + settings.activationLookMs;
      const standing = standingOf(pipelineId);
      return untilOver(standing, async () => {
        const fresh = await dataPipelines.instances(pipelineId, { except });
        if (fresh.length === 0 && standing.times === undefined && Date.now() >= givenUpAt)
          throw new EtlError('JobLost', `${pipelineId} was activated, but no instance of it appeared`);
        if (fresh.length > 0) standing.times ??= [...new Set(fresh.map(({ scheduledAt }) => scheduledAt))];
        return fresh.filter(({ scheduledAt }) => standing.times?.includes(scheduledAt));
      });
    },

    /**
     * Waits for an activation that somebody else made at `after` (ISO) or later, with those values of its parameters,
     * and for the end of its instances. Of several it takes the newest.
     */
    async awaitActivatedDataPipeline(request: {
      pipelineId: string;
      after: string;
      params: Record<string, string>;
    }): Promise<DataPipelineInstance[]> {
      const { pipelineId, after, params } = request;
      const wanted = Object.entries(params);
      const standing = standingOf(pipelineId);
      /** The newest instance that was seen beside the wanted parameters, and since when. */
      let candidate: { time: string; seenAt: number } | undefined;
      return untilOver(standing, async () => {
        const [time] = standing.times ?? [];
        if (time !== undefined) {
          const since = await dataPipelines.instances(pipelineId, { since: time });
          return since.filter(({ scheduledAt }) => scheduledAt === time);
        }
        const fresh = await dataPipelines.instances(pipelineId, { since: after });
        const newest = fresh.at(-1)?.scheduledAt;
        if (newest === undefined || newest === standing.foreign) return [];
        // What the parameters are is known of the last activation alone.
        const values = wanted.length === 0 ? {} : await dataPipelines.activeParams(pipelineId);
        if (wanted.some(([name, value]) => values[name] !== value)) {
          standing.foreign = newest;
          return [];
        }
        if (candidate?.time !== newest) candidate = { time: newest, seenAt: Date.now() };
        // An activation shows its parameters before its instances: till these would be there, the newest may be another's.
        if (wanted.length > 0 && Date.now() - candidate.seenAt < settings.activationLookMs) return [];
        standing.times = [newest];
        return fresh.filter(({ scheduledAt }) => scheduledAt === newest);
      });
    },

    /** Cancels what runs of the pipeline, and waits until it has ended. */
    async deactivateDataPipeline(request: { pipelineId: string; before: string[] }): Promise<void> {
      const { pipelineId } = request;
      const except = new Set(request.before);
      await dataPipelines.deactivate(pipelineId);
      await polling(
        settings.pollIntervalMs,
        async () => {
          if (await dataPipelines.isDeactivating(pipelineId)) return undefined;
          const ours = await dataPipelines.instances(pipelineId, { except });
          return ours.some(({ status }) => instanceOutcome(status) === 'live') ? undefined : true;
        },
        () => ({ waitingFor: `the deactivation of ${pipelineId}` }),
      );
    },
  };
}

/** What an attempt before this one said, else nothing. */
function standingOf(pipelineId: string): Standing {
  const { times, foreign } = (Context.current().info.heartbeatDetails ?? {}) as Partial<Standing>;
  return { waitingFor: pipelineId, ...(times && { times }), ...(foreign !== undefined && { foreign }) };
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
