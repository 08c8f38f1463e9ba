import { DateTime } from 'luxon';
import { z } from 'zod';
import { COVERS, type Json } from '../domain/definition.ts';
import { parseDuration } from '../domain/duration.ts';
import { OVERLAPS, type Overlap, type ScheduleDefinition, type ScheduleEntry } from '../domain/schedule.ts';
import { parseCron, type CalendarTimes } from '../domain/schedule-calendar.ts';
import { calendar, calendarTimes, entryParams } from './calendar.ts';
import { checked, cron, duration, positiveDuration, timezone } from './fields.ts';

const params = entryParams;

const cronText = () =>
  cron().meta({ description: 'Five fields, or @daily and the like.', examples: ['30 2 * * *'] });

const cronEntry = z.union([cronText(), z.strictObject({ cron: cronText(), params })]);

const wholeSeconds = (durationMs: number): void => {
  if (durationMs % 1_000 !== 0) throw new Error('ticks come at whole seconds; write whole seconds, like 30s');
};

const period = () =>
  positiveDuration(wholeSeconds).meta({ description: 'The time between ticks.', examples: ['6h'] });

/** NaN for what is no duration, which is told by its field. */
const msOf = (text: string): number => (duration().safeParse(text).success ? parseDuration(text) : NaN);

const intervalEntry = z.union([
  period(),
  z
    .strictObject({
      every: period(),
      offset: duration(wholeSeconds)
        .optional()
        .meta({ description: 'Moves the ticks, which are counted from 1970 in UTC.', examples: ['15m'] }),
      params,
    })
    .superRefine(({ every, offset = '0s' }, context) => {
      if (!(msOf(offset) >= msOf(every)) || msOf(every) === 0) return;
      const message = `the offset is not shorter than every; write less than ${every}`;
      context.addIssue({ code: 'custom', message, path: ['offset'], params: { code: 'bad-duration' } });
    }),
]);

const oneOrMore = <T extends z.ZodType>(entry: T) => z.union([z.array(entry).min(1), entry]).optional();

const LEAVES_JOBS = 'terminate-other would leave jobs behind that nobody stops; write cancel-other';

const overlap = checked('wrong-type', (text) => {
  if (text === 'terminate-other') throw new Error(LEAVES_JOBS);
  if (!(OVERLAPS as readonly string[]).includes(text))
    throw new Error(`overlap can't be ${JSON.stringify(text)}; write one of ${OVERLAPS.join(', ')}`);
}).meta({
  description: 'What becomes of a tick while the last one’s run is open; buffer-all unless said.',
  enum: [...OVERLAPS],
});

const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/;

const moment = () =>
  checked('wrong-type', (text) => {
    if (!MOMENT.test(text) || !DateTime.fromISO(text).isValid)
      throw new Error(`${JSON.stringify(text)} is no date; write it like 2026-01-31 or 2026-01-31T12:00`);
  }).optional();

/** Temporal counts nanoseconds, in 64 bits; a century says that it is always. */
const MOST_CATCHUP_MS = 36_500 * 86_400_000;

const checkCatchupWindow = (durationMs: number): void => {
  if (durationMs < 10_000) throw new Error('catchupWindow is shorter than Temporal takes; write 10s or more');
  if (durationMs > MOST_CATCHUP_MS)
    throw new Error('catchupWindow is longer than Temporal takes; write 36500d or less');
};

export const schedule = z
  .strictObject({
    cron: oneOrMore(cronEntry).meta({ description: 'When it ticks: a cron expression, or several.' }),
    calendar: oneOrMore(calendar).meta({ description: 'When it ticks, field by field.' }),
    interval: oneOrMore(intervalEntry).meta({ description: 'That it ticks again and again after so long.' }),
    timezone: timezone()
      .optional()
      .meta({ description: 'UTC unless said.', examples: ['America/New_York'] }),
    covers: z.enum(COVERS).optional().meta({
      description: 'The interval that a run covers: the newest one that had ended; day unless said.',
    }),
    overlap: overlap.optional(),
    catchupWindow: duration(checkCatchupWindow)
      .optional()
      .meta({
        description: 'How old a missed tick may be to be made up for; 365d unless said.',
        examples: ['365d'],
      }),
    jitter: duration()
      .optional()
      .meta({ description: 'Ticks come late by a random time up to this.', examples: ['5m'] }),
    pauseOnFailure: z.boolean().optional().meta({ description: 'Pauses the schedule when a run fails.' }),
    start: moment().meta({ description: 'No tick before.', examples: ['2026-01-01'] }),
    end: moment().meta({
      description: 'No tick after; a date includes its whole day.',
      examples: ['2026-12-31'],
    }),
  })
  .superRefine(({ cron, calendar, interval, covers }, context) => {
    if (covers !== 'tick' || cron !== undefined || calendar !== undefined || interval !== undefined) return;
    const message = 'covers: tick needs ticks; add cron, calendar or interval';
    context.addIssue({ code: 'custom', message, path: ['covers'], params: { code: 'missing-field' } });
  })
  .superRefine(({ start, end, timezone }, context) => {
    if (start === undefined || end === undefined || !(startOf(start, timezone) > endOf(end, timezone)))
      return;
    const message = `it ends before it starts; write an end after ${start}`;
    context.addIssue({ code: 'custom', message, path: ['end'], params: { code: 'conflicting-fields' } });
  })
  .meta({ description: 'When the pipeline runs by itself, and what an interval is.' });

type ScheduleFile = z.output<typeof schedule>;

const DEFAULT_CATCHUP_WINDOW_MS = 365 * 86_400_000;

/** What a schedule of the file stands for. */
export function scheduleOf(file: ScheduleFile): ScheduleDefinition {
  const { covers = 'day', timezone = 'UTC', catchupWindow, jitter, start, end } = file;
  return {
    timezone,
    covers,
    entries: entriesOf(file),
    overlap: (file.overlap ?? 'buffer-all') as Overlap,
    catchupWindowMs: catchupWindow === undefined ? DEFAULT_CATCHUP_WINDOW_MS : parseDuration(catchupWindow),
    jitterMs: jitter === undefined ? 0 : parseDuration(jitter),
    pauseOnFailure: file.pauseOnFailure ?? false,
    ...(start !== undefined && { startAt: isoOf(startOf(start, timezone)) }),
    ...(end !== undefined && { endAt: isoOf(endOf(end, timezone)) }),
  };
}

const isoOf = (at: DateTime): string => at.toUTC().toISO({ suppressMilliseconds: true }) ?? '';

const startOf = (text: string, zone = 'UTC'): DateTime => DateTime.fromISO(text, { zone });

/** Of a date its last second. */
const endOf = (text: string, zone = 'UTC'): DateTime => {
  const at = startOf(text, zone);
  return text.includes('T') ? at : at.endOf('day').startOf('second');
};

/** The ticks that start runs with the same parameters are one entry. */
function entriesOf(file: ScheduleFile): ScheduleEntry[] {
  const entries = new Map<string, ScheduleEntry>();
  const entryOf = (params: Record<string, Json> = {}) => {
    const key = JSON.stringify(Object.entries(params).sort(([left], [right]) => (left < right ? -1 : 1)));
    const entry = entries.get(key) ?? { params, calendars: [], periods: [] };
    entries.set(key, entry);
    return entry;
  };
  const addCalendar = (times: CalendarTimes, params?: Record<string, Json>) =>
    entryOf(params).calendars.push(times);
  for (const entry of listOf(file.cron)) {
    if (typeof entry === 'string') addCalendar(parseCron(entry));
    else addCalendar(parseCron(entry.cron), entry.params);
  }
  for (const entry of listOf(file.calendar)) addCalendar(calendarTimes(entry), entry.params);
  for (const entry of listOf(file.interval)) {
    const { every, offset = '0s', params } = typeof entry === 'string' ? { every: entry } : entry;
    entryOf(params).periods.push({ everyMs: parseDuration(every), offsetMs: parseDuration(offset) });
  }
  return [...entries.values()];
}

const listOf = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
