import type { Covers, Json } from './definition.ts';
import { isHourly, valuesOf, type CalendarTimes, type CalendarValues } from './schedule-calendar.ts';
import { afterGaps } from './schedule-gaps.ts';
import { zoneOf } from './wall-clock.ts';

/** Ticks at equal distances, counted from 1970 in UTC. */
export interface PeriodTimes {
  everyMs: number;
  offsetMs: number;
}

/** The times at which runs with the same parameters start. */
export interface ScheduleEntry {
  /** Those that it overrides; empty for what starts with the file's. */
  params: Record<string, Json>;
  calendars: CalendarTimes[];
  periods: PeriodTimes[];
}

export const OVERLAPS = ['buffer-all', 'buffer-one', 'skip', 'allow-all', 'cancel-other'] as const;

/** What happens to a tick while the run of the one before is open. */
export type Overlap = (typeof OVERLAPS)[number];

/** When a pipeline runs by itself. */
export interface ScheduleDefinition {
  timezone: string;
  covers: Covers;
  /** Each is a schedule of its own in Temporal. Empty where only `covers` and `timezone` are said. */
  entries: ScheduleEntry[];
  overlap: Overlap;
  /** How old a missed tick may be to be made up for. */
  catchupWindowMs: number;
  jitterMs: number;
  pauseOnFailure: boolean;
  /** ISO 8601: the first and the last instant at which it may tick. */
  startAt?: string;
  endAt?: string;
}

/** Times as Temporal's schedules take them. */
export interface TickTimes {
  calendars: CalendarValues[];
  periods: PeriodTimes[];
  timezone: string;
}

const ALL_HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/**
 * What a schedule of Temporal's has to hold so that an entry ticks as one expects. Temporal matches the wall clock
 * literally. So what comes every hour ticks in UTC, and a time that the clock skips gets a time after the gap.
 */
export function tickTimes({ calendars, periods }: ScheduleEntry, timezone: string): TickTimes {
  const values = calendars.map(valuesOf);
  if (values.every(isHourly)) {
    const shiftMinutes = zoneOf(timezone).offset(Date.UTC(2100, 0, 1)) % 60;
    const inUtc = values.map((value) => ({
      ...value,
      hour: ALL_HOURS,
      minute: shifted(value.minute, shiftMinutes),
    }));
    return { calendars: inUtc, periods, timezone: 'UTC' };
  }
  return {
    calendars: [...values, ...values.flatMap((value) => afterGaps(value, timezone))],
    periods,
    timezone,
  };
}

/** The minutes of UTC at which a clock that is off by so many shows the given ones. */
const shifted = (minutes: number[], by: number): number[] =>
  minutes.map((minute) => (minute - by + 60) % 60).sort((left, right) => left - right);
