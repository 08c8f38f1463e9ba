import type { IANAZone } from 'luxon';
import type { CalendarValues } from './schedule-calendar.ts';
import { turningPoint, wallAt, zoneOf } from './wall-clock.ts';

/** Wall times that a zone's clock skips. They are given as the ms that they would have in UTC. */
interface Gap {
  from: number;
  /** The first time that is shown again. */
  to: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 86_400_000;
const FROM_MS = Date.UTC(2000, 0, 1);
const TO_MS = Date.UTC(2101, 0, 1);

const AFTER_GAP = ', after the hour that the clock skips';

/** Depends on nothing but the zone, and takes a while. */
const known = new Map<string, Gap[]>();

/** All gaps of the years with which Temporal's calendars reckon. */
function gapsOf(timezone: string): Gap[] {
  const found = known.get(timezone);
  if (found) return found;
  const gaps = findGaps(zoneOf(timezone));
  known.set(timezone, gaps);
  return gaps;
}

function findGaps(zone: IANAZone): Gap[] {
  const gaps: Gap[] = [];
  let offset = zone.offset(FROM_MS);
  for (let from = FROM_MS; from < TO_MS; from += WEEK_MS) {
    const before = offset;
    offset = zone.offset(from + WEEK_MS);
    if (offset <= before) continue;
    const at = turningPoint(from, from + WEEK_MS, (atMs) => zone.offset(atMs) !== before);
    gaps.push({ from: at + before * MINUTE_MS, to: wallAt(zone, at) });
  }
  return gaps;
}

/**
 * What has to be added to a calendar so that a time which the clock skips still comes that day: Temporal matches the
 * clock literally and would leave it out. It comes at the end of the gap.
 */
export function afterGaps(calendar: CalendarValues, timezone: string): CalendarValues[] {
  // What comes every hour loses nothing.
  if (calendar.hour.length === 24) return [];
  const years = new Map<string, { wall: Date; years: number[] }>();
  for (const gap of gapsOf(timezone)) {
    if (!comesWithin(calendar, gap)) continue;
    const wall = new Date(gap.to);
    const day = wall.toISOString().slice(5, 16);
    const entry = years.get(day) ?? { wall, years: [] };
    entry.years.push(wall.getUTCFullYear());
    years.set(day, entry);
  }
  return [...years.values()].map(({ wall, years }) => ({
    minute: [wall.getUTCMinutes()],
    hour: [wall.getUTCHours()],
    dayOfMonth: [wall.getUTCDate()],
    month: [wall.getUTCMonth() + 1],
    dayOfWeek: [0, 1, 2, 3, 4, 5, 6],
    year: years,
    text: `${calendar.text}${AFTER_GAP}`,
  }));
}

/** Whether a calendar was added for times that the clock skips. */
export const isAfterGap = ({ text }: CalendarValues): boolean => text.endsWith(AFTER_GAP);

function comesWithin(calendar: CalendarValues, { from, to }: Gap): boolean {
  for (let wallMs = from; wallMs < to; wallMs += MINUTE_MS) if (shows(calendar, wallMs)) return true;
  return false;
}

/** Whether a wall time is one of the calendar's. Looks at the time of day first: most are out by that. */
const shows = (calendar: CalendarValues, wallMs: number): boolean =>
  calendar.hour.includes(Math.floor(wallMs / HOUR_MS) % 24) &&
  calendar.minute.includes(Math.floor(wallMs / MINUTE_MS) % 60) &&
  isDay(calendar, new Date(wallMs));

/** Whether the date of a wall time is one of the calendar's. */
export const isDay = (calendar: CalendarValues, wall: Date): boolean =>
  calendar.month.includes(wall.getUTCMonth() + 1) &&
  calendar.dayOfMonth.includes(wall.getUTCDate()) &&
  calendar.dayOfWeek.includes(wall.getUTCDay()) &&
  calendar.year.includes(wall.getUTCFullYear());
