import { z } from 'zod';
import type { Json } from './definition.ts';
import type { Interval, Intervals } from './interval.ts';
import { Intervals as CalendarIntervals } from './interval.ts';
import { readInput } from './workflow-input.ts';

export const ORDERS = ['oldest', 'newest'] as const;
/** Only the intervals without any run; only those whose newest run failed or was cancelled. */
export const SELECTIONS = ['missing', 'failed'] as const;

/** The input of the workflow type `backfill`. */
export interface BackfillInput {
  pipeline: string;
  /** The first interval, or a date. */
  from: string;
  /** The last one, included; or a date. */
  to: string;
  params?: Record<string, Json>;
  /** How many runs at once; 4 unless said. */
  concurrency?: number;
  order?: (typeof ORDERS)[number];
  only?: (typeof SELECTIONS)[number];
  /** Also runs again what is done. */
  rerun?: boolean;
  /** Starts nothing more after so many runs have failed. */
  maxFailures?: number;
}

export const MOST_AT_ONCE = 200;

const schema = z.strictObject({
  pipeline: z.string().min(1),
  from: z.string().min(1),
  to: z.string().min(1),
  params: z.record(z.string(), z.json()).optional(),
  concurrency: z.int().min(1).max(MOST_AT_ONCE).optional(),
  order: z.enum(ORDERS).optional(),
  only: z.enum(SELECTIONS).optional(),
  rerun: z.boolean().optional(),
  maxFailures: z.int().min(1).optional(),
});

const EXAMPLE = '{"pipeline":"flights-daily","from":"2001-01-01","to":"2001-03-31","concurrency":4}';

/** Reads the input of a `backfill` workflow, which anybody may have typed; `Rejected` names each wrong field. */
export const parseBackfillInput = (input: unknown): BackfillInput =>
  readInput(schema, input, EXAMPLE) as BackfillInput;

/** The instants between which the intervals of a backfill lie, as ISO 8601. */
export interface Span {
  from: string;
  to: string;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The span from the beginning of `from` to the end of `to`; an `Error` says what is wrong with them. */
export function spanOf(intervals: Intervals, timezone: string, { from, to }: Span, now: Date): Span {
  const read = (id: string): Interval => {
    try {
      return intervals.parse(id);
    } catch (error) {
      if (!DATE.test(id)) throw error;
      return new CalendarIntervals('day', timezone).parse(id);
    }
  };
  const [first, last] = [read(from), read(to)];
  if (Date.parse(last.end) <= Date.parse(first.start))
    throw new Error(`${from} comes after ${to}; write the earlier one as from`);
  if (Date.parse(last.end) > now.getTime())
    throw new Error(`${to} has not ended yet; the newest that has is ${intervals.newest(now).id}`);
  return { from: first.start, to: last.end };
}

/** The intervals of a span, one after the other, in either direction. */
export function* intervalsIn(
  intervals: Intervals,
  { from, to }: Span,
  order: (typeof ORDERS)[number],
): Generator<Interval> {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  let at = new Date(order === 'oldest' ? fromMs : toMs);
  for (;;) {
    const next = order === 'oldest' ? intervals.firstFrom(at) : intervals.lastTo(at);
    if (!next || Date.parse(next.start) < fromMs || Date.parse(next.end) > toMs) return;
    yield next;
    at = new Date(order === 'oldest' ? next.end : next.start);
  }
}
