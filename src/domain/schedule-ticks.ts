import type { IANAZone } from 'luxon';
import type { Definition } from './definition.ts';
import { Intervals, type Ticks } from './interval.ts';
import { tickTimes, type ScheduleDefinition, type TickTimes } from './schedule.ts';
import { isDay } from './schedule-gaps.ts';
import { instantsOf, wallAt, zoneOf } from './wall-clock.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** 29 February comes eight years after the last one at most. */
const MOST_DAYS = 9 * 366;

/** The ticks of a schedule, as Temporal makes them, without jitter and without its start and end. */
export const ticksOf = ({ entries, timezone }: ScheduleDefinition): Ticks =>
  new Union(entries.map((entry) => tickTimes(entry, timezone)));

/** The intervals of a pipeline. */
export const intervalsOf = ({
  covers,
  timezone,
  schedule,
}: Pick<Definition, 'covers' | 'timezone' | 'schedule'>): Intervals =>
  new Intervals(covers, timezone, schedule && ticksOf(schedule));

class Union implements Ticks {
  readonly #all: { times: TickTimes; zone: IANAZone }[];

  constructor(all: TickTimes[]) {
    this.#all = all.map((times) => ({ times, zone: zoneOf(times.timezone) }));
  }

  before(atMs: number): number | undefined {
    const found = this.#all.flatMap(({ times, zone }) => [
      ...times.periods.map(({ everyMs, offsetMs }) => lastOf(atMs - 1, everyMs, offsetMs)),
      ...nearest(times, zone, atMs, -1),
    ]);
    return found.length === 0 ? undefined : Math.max(...found);
  }

  after(atMs: number): number | undefined {
    const found = this.#all.flatMap(({ times, zone }) => [
      ...times.periods.map(({ everyMs, offsetMs }) => lastOf(atMs, everyMs, offsetMs) + everyMs),
      ...nearest(times, zone, atMs, 1),
    ]);
    return found.length === 0 ? undefined : Math.min(...found);
  }
}

const lastOf = (atMs: number, everyMs: number, offsetMs: number): number =>
  Math.floor((atMs - offsetMs) / everyMs) * everyMs + offsetMs;

/** The tick of the calendars that is nearest on that side; none where they have none within years. */
function nearest({ calendars }: TickTimes, zone: IANAZone, atMs: number, side: 1 | -1): number[] {
  const wallMs = wallAt(zone, atMs);
  const today = wallMs - mod(wallMs, DAY_MS);
  // Where the clock is set back at midnight, the day before comes again.
  for (let day = -1; day < MOST_DAYS; day += 1) {
    const date = new Date(today + side * day * DAY_MS);
    const instants = calendars
      .filter((calendar) => isDay(calendar, date))
      .flatMap(({ hour, minute }) => hour.flatMap((h) => minute.map((m) => h * HOUR_MS + m * MINUTE_MS)))
      .flatMap((time) => instantsOf(zone, date.getTime() + time))
      .filter((instant) => side * (instant - atMs) > 0);
    if (instants.length > 0) return [side * Math.min(...instants.map((instant) => side * instant))];
  }
  return [];
}

const mod = (value: number, by: number): number => ((value % by) + by) % by;
