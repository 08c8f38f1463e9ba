import { DateTime } from 'luxon';
import type { Covers, Definition } from './definition.ts';
import type { Capture, Captured } from './event-path.ts';
import type { IntervalCaptures } from './interval-captures.ts';
import type { Interval } from './interval.ts';
import { intervalsOf } from './schedule-ticks.ts';
import { instantsOf, zoneOf } from './wall-clock.ts';

type Calendar = Pick<Definition, 'covers' | 'timezone' | 'schedule'>;

/** The interval that captures name, in the pipeline's zone; undefined for what is no date, hour or interval. */
export function capturedInterval(captured: Captured, calendar: Calendar): Interval | undefined {
  const { covers, timezone } = calendar;
  const intervals = intervalsOf(calendar);
  try {
    if (captured.interval !== undefined) return intervals.parse(captured.interval);
    if (captured.week !== undefined && covers === 'week') return intervals.parse(captured.week);
    const date = dateOf(captured);
    if (date === undefined) return undefined;
    switch (covers) {
      case 'month':
        return intervals.parse(date.toFormat('yyyy-MM'));
      case 'week':
        return intervals.parse(date.toFormat("kkkk-'W'WW"));
      case 'day':
        return intervals.parse(date.toFormat('yyyy-MM-dd'));
      case 'hour': {
        // An hour that the clock shows twice is the first of the two: only {interval} tells them apart.
        const [instant] = instantsOf(zoneOf(timezone), date.toMillis());
        return instant === undefined ? undefined : intervals.firstFrom(new Date(instant));
      }
      case 'tick':
        return undefined;
    }
  } catch {
    return undefined;
  }
}

/** The date, and the hour, in the wall time of the zone; undefined where the captures contradict each other. */
function dateOf(captured: Captured): DateTime | undefined {
  const [year, month, day] = captured.date?.split('-') ?? [];
  const agree = (one: string | undefined, other: string | undefined) =>
    one === undefined || other === undefined || one === other;
  if (!agree(year, captured.year) || !agree(month, captured.month) || !agree(day, captured.day))
    return undefined;
  const at = DateTime.fromObject(
    {
      year: Number(captured.year ?? year),
      month: Number(captured.month ?? month),
      day: Number(captured.day ?? day ?? 1),
      hour: Number(captured.hour ?? 0),
    },
    { zone: 'utc', locale: 'en-US' },
  );
  return at.isValid && captured.hour !== '24' ? at : undefined;
}

/** What a path has in the place of its captures for an interval. */
export function capturesOf({ id, start }: Interval): Record<Capture, string> {
  const at = DateTime.fromISO(start, { setZone: true, locale: 'en-US' });
  return {
    date: at.toFormat('yyyy-MM-dd'),
    year: at.toFormat('yyyy'),
    month: at.toFormat('MM'),
    day: at.toFormat('dd'),
    hour: at.toFormat('HH'),
    week: at.toFormat("kkkk-'W'WW"),
    interval: id,
  };
}

/** How many dates an interval has at most; of a tick, a date says nothing. */
const MOST_DAYS: Record<Covers, number> = { hour: 1, day: 1, week: 7, month: 31, tick: 0 };

/** All that names an interval in paths. */
export function capturesNaming(interval: Interval, calendar: Calendar): IntervalCaptures {
  const { covers } = calendar;
  const { hour } = capturesOf(interval);
  const first = DateTime.fromISO(interval.date, { zone: 'utc', locale: 'en-US' });
  const dates = Array.from({ length: MOST_DAYS[covers] }, (_, days) =>
    first.plus({ days }).toFormat('yyyy-MM-dd'),
  );
  const days = dates.filter((date) => capturedInterval({ date, hour }, calendar)?.id === interval.id);
  return { interval: interval.id, days, ...(covers === 'hour' && { hour }) };
}
