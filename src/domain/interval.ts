import { DateTime, IANAZone } from 'luxon';
import type { Covers } from './definition.ts';

/** The window of data that a run covers. */
export interface Interval {
  /** `2001-01-05`, `2001-01-05T03-05:00`, `2001-W01`, `2001-01`, or a tick's instant. */
  id: string;
  /** ISO 8601 with the zone's offset. */
  start: string;
  end: string;
  /** The date on which it starts, in the pipeline's zone. */
  date: string;
  /** Of `date`; 1 is Monday. */
  weekday: number;
}

interface Calendar {
  /** What an ID looks like, for error messages. */
  example: string;
  pattern: RegExp;
  id(start: DateTime): string;
}

const CALENDAR: Record<Covers, Calendar> = {
  hour: {
    example: '2001-01-05T03-05:00 (the hour and the zone’s offset)',
    pattern: /^\d{4}-\d{2}-\d{2}T\d{2}[+-]\d{2}:\d{2}$/,
    id: (start) => start.toFormat("yyyy-MM-dd'T'HHZZ"),
  },
  day: { example: '2001-01-05', pattern: /^\d{4}-\d{2}-\d{2}$/, id: (start) => start.toFormat('yyyy-MM-dd') },
  week: { example: '2001-W01', pattern: /^\d{4}-W\d{2}$/, id: (start) => start.toFormat("kkkk-'W'WW") },
  month: { example: '2001-01', pattern: /^\d{4}-\d{2}$/, id: (start) => start.toFormat('yyyy-MM') },
  tick: {
    example: '2001-01-05T07:30:00Z',
    pattern: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$/,
    id: (start) => start.toUTC().toISO({ suppressMilliseconds: true }) ?? '',
  },
};

const iso = (at: DateTime): string => at.toISO({ suppressMilliseconds: true }) ?? '';

function interval(start: DateTime, covers: Covers): Interval {
  // Adding the unit first and cutting off after keeps the end right where midnight doesn't exist.
  const end = covers === 'tick' ? start : start.plus({ [covers]: 1 }).startOf(covers);
  return {
    id: CALENDAR[covers].id(start),
    start: iso(start),
    end: iso(end),
    date: start.toFormat('yyyy-MM-dd'),
    weekday: start.weekday,
  };
}

function checkZone(timezone: string): void {
  if (IANAZone.isValidZone(timezone)) return;
  throw new Error(`${JSON.stringify(timezone)} is no time zone; write a name like America/New_York or UTC`);
}

/** Reads an interval's ID; an `Error` says which form is expected. */
export function parseInterval(id: string, covers: Covers, timezone: string): Interval {
  checkZone(timezone);
  const { example, pattern } = CALENDAR[covers];
  // An hour has no minutes in its ID, which ISO 8601 wants before the offset.
  const text = covers === 'hour' ? id.replace(/(?<=T\d{2})(?=[+-])/, ':00') : id;
  const start = DateTime.fromISO(text, { zone: timezone, locale: 'en-US' });
  if (!pattern.test(id) || !start.isValid)
    throw new Error(`${JSON.stringify(id)} is no ${covers}; write it as ${example}`);

  const found = interval(start, covers);
  if (found.id !== id)
    throw new Error(`${JSON.stringify(id)} is no ${covers} in ${timezone}; write it as ${found.id}`);
  return found;
}

/** The newest interval of the zone's calendar that had ended at that instant; for `tick`, the instant itself. */
export function newestInterval(at: Date, covers: Covers, timezone: string): Interval {
  checkZone(timezone);
  const local = DateTime.fromJSDate(at, { zone: timezone }).setLocale('en-US');
  if (covers === 'tick') return interval(local, covers);
  return interval(
    local
      .startOf(covers)
      .minus({ [covers]: 1 })
      .startOf(covers),
    covers,
  );
}
