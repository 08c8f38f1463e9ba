import { isFailureType } from '../src/domain/failure.ts';
import { isIntervalId, type Interval } from '../src/domain/interval.ts';
import { parseRunInput } from '../src/domain/run-input.ts';
import type { PipelineInput, Trigger } from '../src/domain/run.ts';
import { intervalsOf } from '../src/domain/schedule-ticks.ts';
import type { Deps } from './deps.ts';

/** A run that could not be opened, as far as its workflow knows it. */
export interface Refusal {
  /** As it was given, which may be what is wrong. */
  input: unknown;
  isScheduled: boolean;
  workflowId: string;
  runId: string;
  type: string;
  message: string;
  startedAt: string;
  endedAt: string;
}

/** What stays known of runs that never came to their steps. */
export function createRefusalActivities({ pipelines, records, rendezvous }: Deps) {
  /** Undefined where the file can't be read, or has no such interval. */
  const intervalOf = async (pipeline: string, id: string): Promise<Interval | undefined> => {
    try {
      return intervalsOf(await pipelines.load(pipeline)).parse(id);
    } catch {
      return undefined;
    }
  };

  return {
    /** Writes the record, and says what started the run; undefined for a workflow that is no interval's run. */
    async recordRefusal(refusal: Refusal): Promise<Trigger['kind'] | undefined> {
      const { workflowId, runId, type, message, startedAt, endedAt } = refusal;
      const [, pipeline = '', id = ''] = /^([a-z][a-z0-9-]*)\/([^/_]+)$/.exec(workflowId) ?? [];
      const input = inputOf(refusal.input);
      const isAnother =
        (input.pipeline ?? pipeline) !== pipeline || (input.interval !== undefined && input.interval !== id);
      if (isAnother || !isIntervalId(id)) return undefined;
      const interval = await intervalOf(pipeline, id);
      const trigger = input.trigger?.kind ?? (refusal.isScheduled ? 'schedule' : 'run');
      await records.write({
        ...{ workflowId, runId, pipeline, interval: id, status: 'failed', trigger, startedAt, endedAt },
        from: interval?.start ?? null,
        to: interval?.end ?? null,
        params: input.params ?? {},
        manifest: input.trigger?.manifest ?? null,
        steps: [],
        failure: { step: '', type: isFailureType(type) ? type : 'Unexpected', message, ref: null, log: null },
      });
      await rendezvous.announce(workflowId, 'failed');
      return trigger;
    },
  };
}

/** Nothing of an input that can't be read. */
function inputOf(input: unknown): Partial<PipelineInput> {
  try {
    return parseRunInput(input);
  } catch {
    return {};
  }
}
