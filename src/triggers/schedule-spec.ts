import { DAYS_OF_WEEK, MONTHS, type CalendarSpec, type Range, type ScheduleSpec } from '@temporalio/client';
import type { ScheduleDefinition, TickTimes } from '../domain/schedule.ts';
import { CALENDAR_FIELDS, type CalendarField, type CalendarValues } from '../domain/schedule-calendar.ts';

/** The times of a schedule as Temporal takes them. */
export function scheduleSpec(
  { calendars, periods, timezone }: TickTimes,
  { jitterMs, startAt, endAt }: Pick<ScheduleDefinition, 'jitterMs' | 'startAt' | 'endAt'>,
): ScheduleSpec {
  return {
    calendars: calendars.map(calendarSpec),
    intervals: periods.map(({ everyMs, offsetMs }) => ({ every: everyMs, offset: offsetMs })),
    timezone,
    ...(jitterMs > 0 && { jitter: jitterMs }),
    ...(startAt !== undefined && { startAt: new Date(startAt) }),
    ...(endAt !== undefined && { endAt: new Date(endAt) }),
  };
}

const calendarSpec = (values: CalendarValues): CalendarSpec => ({
  second: 0,
  minute: rangesOf(values.minute),
  hour: rangesOf(values.hour),
  dayOfMonth: rangesOf(values.dayOfMonth),
  month: rangesOf(values.month).map(named(MONTHS, 1)),
  dayOfWeek: rangesOf(values.dayOfWeek).map(named(DAYS_OF_WEEK, 0)),
  year: isAny('year', values.year) ? '*' : rangesOf(values.year),
  comment: values.text,
});

const isAny = (field: CalendarField, values: number[]): boolean =>
  values.length === CALENDAR_FIELDS[field].max - CALENDAR_FIELDS[field].min + 1;

/** The values as ranges without steps. */
export function rangesOf(values: readonly number[]): Range<number>[] {
  const ranges: Range<number>[] = [];
  for (const value of values) {
    const last = ranges.at(-1);
    if (last && last.end === value - 1) last.end = value;
    else ranges.push({ start: value, end: value, step: 1 });
  }
  return ranges;
}

const named =
  <Name extends string>(names: readonly Name[], first: number) =>
  ({ start, end, step }: Range<number>): Range<Name> => ({
    start: names[start - first] as Name,
    end: names[end - first] as Name,
    step,
  });
