import { Context } from '@temporalio/activity';
import { EtlError, rejecting } from '../src/domain/failure.ts';
import { isIntervalId, type Interval } from '../src/domain/interval.ts';
import { intervalsOf } from '../src/domain/schedule-ticks.ts';
import { paramWords, resolveParams, type Params } from '../src/domain/params.ts';
import type { RunPlan, RunSettings } from '../src/domain/plan.ts';
import type { RunResult } from '../src/domain/run.ts';
import type { RunRecord } from '../src/domain/run-record.ts';
import { parseRunInput } from '../src/domain/run-input.ts';
import type { Definition } from '../src/domain/definition.ts';
import type { OpenedRun } from '../src/ports.ts';
import type { Deps } from './deps.ts';
import { runsBefore } from './runs-before.ts';
import { createTurns } from './turns.ts';
import { heartbeating } from './waiting.ts';

/** Temporal refuses payloads over 2 MB; half of that leaves room for the results. */
const LARGEST_PLAN_BYTES = 1_000_000;

/** How a run begins: its plan, or the run that it joins. */
export function createRunActivities({ pipelines, runs, rendezvous, records, engines, settings }: Deps) {
  const chains = Object.keys(engines).filter((name) => engines[name]?.kinds.includes('chain'));
  const turn = createTurns((workflowId) => runs.ended(workflowId, Context.current().cancellationSignal));
  return {
    /** Checks the input and records all that the run will need: definition, texts of files, interval. */
    async openRun(request: {
      input: unknown;
      workflowId: string;
      /** ISO; when the chain of runs started. */
      startedAt: string;
      /** ISO; set where a schedule started it. */
      scheduledAt?: string;
    }): Promise<RunPlan> {
      const input = parseRunInput(request.input);
      const definition = await pipelines.load(input.pipeline);
      const interval = intervalOf(definition, input.interval, request);
      const { heartbeatTimeoutMs, searchAttributes } = settings;
      const recorded: RunSettings = {
        heartbeatTimeoutMs,
        searchAttributes,
        records: true,
        preflight: true,
        chains,
      };
      const trigger = input.trigger ?? { kind: request.scheduledAt === undefined ? 'run' : 'schedule' };
      const params = paramsOf(definition, input.params);
      const workflowId = `${definition.name}/${interval.id}`;
      if (workflowId !== request.workflowId) {
        const passedOn = { pipeline: definition.name, interval: interval.id, trigger };
        return {
          role: 'join',
          workflowId,
          input: input.params === undefined ? passedOn : { ...passedOn, params: input.params },
          settings: recorded,
        };
      }
      const seq = Date.parse(request.startedAt);
      const after = await runsBefore(definition, interval, (name) => pipelines.load(name));
      const waits = after.length === 0 ? {} : { after };
      return fitting({
        role: 'run',
        ...{ definition, interval, params, trigger, ...waits, seq, settings: recorded },
      });
    },

    /** Starts the run of the interval, or finds the one that is open. */
    async joinRun(request: { plan: RunPlan & { role: 'join' }; by: string }): Promise<OpenedRun> {
      return runs.open(request.plan.workflowId, request.plan.input, request.by);
    },

    async awaitRun(run: OpenedRun): Promise<RunResult> {
      return heartbeating(
        () => ({ waitingFor: run.workflowId }),
        (cancelled) => Promise.race([runs.result(run, Context.current().cancellationSignal), cancelled]),
      );
    },

    /** Writes what stays known of a run, and then tells those who wait for it: who comes later reads the record. */
    async recordRun(record: RunRecord): Promise<void> {
      await records.write(record);
      await rendezvous.announce(record.workflowId, record.status);
    },

    /** Tells those who wait for a run that has no record. */
    async announceEnd({ workflowId, status }: Pick<RunRecord, 'workflowId' | 'status'>): Promise<void> {
      await rendezvous.announce(workflowId, status);
    },

    /** Says whether another run is done; if not, `waiter` gets a signal when it is. */
    async meetOther({ other, waiter }: { other: string; waiter: string }): Promise<boolean> {
      return rendezvous.meet(other, waiter);
    },

    async cancelRun(run: OpenedRun): Promise<void> {
      await runs.cancel(run);
    },

    /** Returns when the workflow has ended, however it did; `inTurn` to one of those who wait after the other. */
    async awaitEnd(workflowId: string, { inTurn = false } = {}): Promise<void> {
      await heartbeating(
        () => ({ waitingFor: workflowId }),
        (cancelled) =>
          inTurn
            ? turn(workflowId, cancelled)
            : Promise.race([runs.ended(workflowId, Context.current().cancellationSignal), cancelled]),
      );
    },
  };
}

/** The interval that was asked for, or the one in the workflow's ID, or the newest that had ended. */
function intervalOf(
  definition: Definition,
  asked: string | undefined,
  from: { workflowId: string; startedAt: string; scheduledAt?: string },
): Interval {
  const { name } = definition;
  const intervals = intervalsOf(definition);
  const id = from.workflowId.startsWith(`${name}/`) ? from.workflowId.slice(name.length + 1) : '';
  const named = asked ?? (isIntervalId(id) ? id : undefined);
  if (named !== undefined) return rejecting(() => intervals.parse(named));
  return intervals.newest(new Date(from.scheduledAt ?? from.startedAt));
}

function paramsOf({ name, params: definitions }: Definition, given: Params | undefined): Params {
  const { params, problems } = resolveParams(definitions, given);
  if (problems.length > 0) throw new EtlError('Rejected', `${name}: ${paramWords(problems)}`);
  return params;
}

function fitting(plan: RunPlan & { role: 'run' }): RunPlan {
  const bytes = Buffer.byteLength(JSON.stringify(plan));
  if (bytes <= LARGEST_PLAN_BYTES) return plan;
  throw new EtlError(
    'Rejected',
    `${plan.definition.file} and the files that it refers to have ${bytes} bytes; a run records at most ${LARGEST_PLAN_BYTES}`,
  );
}
