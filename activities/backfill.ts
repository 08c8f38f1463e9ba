import { setImmediate } from 'node:timers/promises';
import { intervalsIn, parseBackfillInput, spanOf, type BackfillInput } from '../src/domain/backfill.ts';
import type { BackfillPlan } from '../src/domain/backfill-progress.ts';
import type { Definition } from '../src/domain/definition.ts';
import { EtlError, rejecting } from '../src/domain/failure.ts';
import { paramWords, resolveParams } from '../src/domain/params.ts';
import type { RunSummary } from '../src/domain/run-record.ts';
import { intervalsOf } from '../src/domain/schedule-ticks.ts';
import type { Deps } from './deps.ts';

const DEFAULT_CONCURRENCY = 4;
/** So many intervals are handed out at once: small for the history, and few look-ups. */
const CHUNK = 200;
/** So long it reckons before others on the worker get their turn, heartbeats among them. */
const TURN_MS = 20;

/** The intervals that come next. */
export interface Chunk {
  intervals: string[];
  /** Of those on the way, how many need no run any more. */
  already: number;
  /** Where the next chunk begins, as ISO 8601; null when there is none. */
  next: string | null;
}

/** What a backfill is made of: its intervals, and which of them need a run. */
export function createBackfillActivities({ pipelines, records, settings }: Deps) {
  const newestRuns = async (pipeline: string): Promise<Map<string, RunSummary['status']>> => {
    const newestFirst = await records.list(pipeline);
    return new Map(newestFirst.reverse().map(({ interval, status }) => [interval, status]));
  };

  return {
    /** Checks the input, and counts what there is to do. */
    async openBackfill(request: { input: unknown; now: string }): Promise<BackfillPlan> {
      const input = parseBackfillInput(request.input);
      const definition = await pipelines.load(input.pipeline);
      checkParams(definition, input.params);
      const intervals = intervalsOf(definition);
      const span = rejecting(() => spanOf(intervals, definition.timezone, input, new Date(request.now)));
      const { heartbeatTimeoutMs, searchAttributes } = settings;
      const { concurrency = DEFAULT_CONCURRENCY, order = 'oldest' } = input;
      const runs = await newestRuns(input.pipeline);
      let total = 0;
      for await (const { id } of inTurns(intervalsIn(intervals, span, order)))
        if (isChosen(input, runs.get(id))) total += 1;
      return {
        input: { ...input, concurrency, order },
        span,
        total,
        settings: { heartbeatTimeoutMs, searchAttributes },
      };
    },

    /** The next intervals that need a run. `from` is where the chunk before ended. */
    async nextIntervals({ plan, from }: { plan: BackfillPlan; from?: string }): Promise<Chunk> {
      const { input } = plan;
      const definition = await pipelines.load(input.pipeline);
      const runs = await newestRuns(input.pipeline);
      const chunk: Chunk = { intervals: [], already: 0, next: null };
      const rest = from === undefined ? {} : input.order === 'oldest' ? { from } : { to: from };
      const span = { ...plan.span, ...rest };
      const intervals = intervalsIn(intervalsOf(definition), span, input.order);
      for await (const { id, start, end } of inTurns(intervals)) {
        const run = runs.get(id);
        if (!isChosen(input, run)) continue;
        if (run === 'done' && !input.rerun) chunk.already += 1;
        else chunk.intervals.push(id);
        if (chunk.intervals.length < CHUNK) continue;
        return { ...chunk, next: input.order === 'oldest' ? end : start };
      }
      return chunk;
    },
  };
}

/** All of them, without keeping the worker to itself. */
async function* inTurns<T>(all: Iterable<T>): AsyncGenerator<T> {
  let sinceMs = performance.now();
  for (const one of all) {
    if (performance.now() - sinceMs > TURN_MS) {
      await setImmediate();
      sinceMs = performance.now();
    }
    yield one;
  }
}

/** Whether an interval belongs to the backfill, by the state of its newest run. */
function isChosen({ only }: BackfillInput, run: RunSummary['status'] | undefined): boolean {
  if (only === 'missing') return run === undefined;
  if (only === 'failed') return run === 'failed' || run === 'cancelled';
  return true;
}

function checkParams({ name, params: definitions }: Definition, given: BackfillInput['params']): void {
  const { problems } = resolveParams(definitions, given);
  if (problems.length > 0) throw new EtlError('Rejected', `${name}: ${paramWords(problems)}`);
}
