import {
  DAYS_OF_WEEK,
  MONTHS,
  type CalendarSpecDescription,
  type ScheduleDescription,
} from '@temporalio/client';
import { isAfterGap } from '../domain/schedule-gaps.ts';
import { CALENDAR_FIELDS, type CalendarField, type CalendarValues } from '../domain/schedule-calendar.ts';
import { formatDuration } from '../domain/duration.ts';
import { actionOf, OVERLAP, type WantedSchedule } from './wanted-schedule.ts';
import { rangesOf } from './schedule-spec.ts';

/** All of a schedule that a file decides, each field as a text, so that two schedules can be held against each other. */
export interface Fields {
  calendar: string | null;
  /** What comes after the hours that the clock skips: many, and of interest to nobody while they are right. */
  afterGaps: string | null;
  interval: string | null;
  timezone: string | null;
  start: string | null;
  end: string | null;
  jitter: string | null;
  overlap: string | null;
  catchupWindow: string | null;
  pauseOnFailure: string | null;
  input: string | null;
  taskQueue: string | null;
  workflow: string | null;
}

const SECOND_MS = 1_000;

/** The fields that a file wants. */
export function wantedFields(wanted: WantedSchedule): Fields {
  const { definition, times } = wanted;
  const { workflowType, workflowId, args, taskQueue } = actionOf(wanted);
  return {
    ...calendarFields(times.calendars),
    interval: joined(times.periods.map(({ everyMs, offsetMs }) => periodText(everyMs, offsetMs))),
    timezone: times.timezone,
    start: definition.startAt ?? null,
    end: definition.endAt ?? null,
    jitter: definition.jitterMs === 0 ? null : formatDuration(definition.jitterMs),
    overlap: OVERLAP[definition.overlap],
    catchupWindow: formatDuration(definition.catchupWindowMs),
    pauseOnFailure: definition.pauseOnFailure ? 'yes' : null,
    input: JSON.stringify(args[0]),
    taskQueue,
    workflow: `${workflowType} ${workflowId}`,
  };
}

/** The fields of a schedule that is there. */
export function fieldsOf({ spec, action, policies }: ScheduleDescription): Fields {
  const { calendars = [], intervals = [], timezone, startAt, endAt, jitter = 0, skip = [] } = spec;
  const skipped = skip.map((calendar) => `not ${calendarText(valuesOf(calendar))}`);
  const { calendar, afterGaps } = calendarFields(calendars.map(valuesOf));
  return {
    calendar: joined([...(calendar === null ? [] : [calendar]), ...skipped]),
    afterGaps,
    interval: joined(intervals.map(({ every, offset }) => periodText(every, offset))),
    timezone: timezone === undefined || timezone === '' ? 'UTC' : timezone,
    start: isoOf(startAt),
    end: isoOf(endAt),
    jitter: jitter === 0 ? null : formatDuration(jitter),
    overlap: policies.overlap ?? 'SKIP',
    catchupWindow: formatDuration(policies.catchupWindow),
    pauseOnFailure: policies.pauseOnFailure ? 'yes' : null,
    input: JSON.stringify(action.args?.[0] ?? null),
    taskQueue: action.taskQueue,
    workflow: `${action.workflowType} ${action.workflowId}`,
  };
}

const isoOf = (at: Date | undefined): string | null =>
  at === undefined
    ? null
    : new Date(Math.floor(at.getTime() / SECOND_MS) * SECOND_MS).toISOString().replace('.000Z', 'Z');

/** In no order: Temporal ticks at all of them. */
const joined = (texts: string[]): string | null => (texts.length === 0 ? null : texts.sort().join('; '));

const calendarFields = (calendars: CalendarValues[]): Pick<Fields, 'calendar' | 'afterGaps'> => ({
  calendar: joined(calendars.filter((values) => !isAfterGap(values)).map(calendarText)),
  afterGaps: joined(calendars.filter(isAfterGap).map(calendarText)),
});

const periodText = (everyMs: number, offsetMs: number): string =>
  offsetMs > 0 ? `${formatDuration(everyMs)} + ${formatDuration(offsetMs)}` : formatDuration(everyMs);

const FIELDS = Object.keys(CALENDAR_FIELDS) as CalendarField[];

/** The values, and not how they were written: what means the same is the same. */
const calendarText = (values: CalendarValues): string =>
  FIELDS.map((field) => fieldText(field, values[field])).join(' ');

function fieldText(field: CalendarField, values: number[]): string {
  const { min, max } = CALENDAR_FIELDS[field];
  const all = field === 'dayOfWeek' ? 7 : max - min + 1;
  if (values.length === all) return '*';
  return rangesOf(values)
    .map(({ start, end }) => (start === end ? String(start) : `${start}-${end}`))
    .join(',');
}

/** A calendar of Temporal's with its ranges spread out. */
function valuesOf(calendar: CalendarSpecDescription): CalendarValues {
  const spread = (ranges: readonly { start: number; end: number; step: number }[]): number[] => {
    const values = new Set<number>();
    for (const { start, end, step } of ranges)
      for (let value = start; value <= Math.max(start, end); value += Math.max(1, step)) values.add(value);
    return [...values].sort((left, right) => left - right);
  };
  const named = <Name extends string>(
    ranges: readonly { start: Name; end: Name; step: number }[],
    names: readonly Name[],
    first: number,
  ) =>
    spread(
      ranges.map(({ start, end, step }) => ({
        start: names.indexOf(start) + first,
        end: names.indexOf(end) + first,
        step,
      })),
    );
  const years = spread(calendar.year);
  return {
    minute: spread(calendar.minute),
    hour: spread(calendar.hour),
    dayOfMonth: spread(calendar.dayOfMonth),
    month: named(calendar.month, MONTHS, 1),
    dayOfWeek: named(calendar.dayOfWeek, DAYS_OF_WEEK, 0),
    // None means any.
    year: years.length === 0 ? Array.from({ length: 101 }, (_, n) => 2000 + n) : years,
    text: calendar.comment ?? '',
  };
}
