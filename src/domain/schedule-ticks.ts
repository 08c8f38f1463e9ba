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
const MOST_KNOWN = 1_000;

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
  readonly #all: { periods: TickTimes['periods']; days: CalendarDays }[];

  constructor(all: TickTimes[]) {
    this.#all = all.map((times) => ({ periods: times.periods, days: new CalendarDays(times) }));
  }

  before(atMs: number): number | undefined {
    const found = this.#all.flatMap(({ periods, days }) => [
      ...periods.map(({ everyMs, offsetMs }) => lastOf(atMs - 1, everyMs, offsetMs)),
      ...days.nearest(atMs, -1),
    ]);
    return found.length === 0 ? undefined : Math.max(...found);
  }

  after(atMs: number): number | undefined {
    const found = this.#all.flatMap(({ periods, days }) => [
      ...periods.map(({ everyMs, offsetMs }) => lastOf(atMs, everyMs, offsetMs) + everyMs),
      ...days.nearest(atMs, 1),
    ]);
    return found.length === 0 ? undefined : Math.min(...found);
  }
}

const lastOf = (atMs: number, everyMs: number, offsetMs: number): number =>
  Math.floor((atMs - offsetMs) / everyMs) * everyMs + offsetMs;

/** The ticks of calendars, day by day. Those of the days asked for last are kept: a day may have hundreds. */
class CalendarDays {
  readonly #calendars: TickTimes['calendars'];
  readonly #zone: IANAZone;
  readonly #known = new Map<number, number[]>();

  constructor({ calendars, timezone }: TickTimes) {
    this.#calendars = calendars;
    this.#zone = zoneOf(timezone);
  }

  /** The tick that is nearest on that side; none where there is none within years. */
  nearest(atMs: number, side: 1 | -1): number[] {
    if (this.#calendars.length === 0) return [];
    const wallMs = wallAt(this.#zone, atMs);
    const today = wallMs - mod(wallMs, DAY_MS);
    // Where the clock is set back at midnight, the day before comes again.
    for (let day = -1; day < MOST_DAYS; day += 1) {
      const beyond = this.#ticksOf(today + side * day * DAY_MS).filter((tick) => side * (tick - atMs) > 0);
      if (beyond.length > 0) return [side * Math.min(...beyond.map((tick) => side * tick))];
    }
    return [];
  }

  #ticksOf(dayMs: number): number[] {
    const known = this.#known.get(dayMs);
    if (known) return known;
    const date = new Date(dayMs);
    const times = this.#calendars
      .filter((calendar) => isDay(calendar, date))
      .flatMap(({ hour, minute }) => hour.flatMap((h) => minute.map((m) => h * HOUR_MS + m * MINUTE_MS)));
    const ticks = [...new Set(times)].flatMap((time) => instantsOf(this.#zone, dayMs + time));
    if (this.#known.size === MOST_KNOWN) this.#known.clear();
    this.#known.set(dayMs, ticks);
    return ticks;
  }
}

const mod = (value: number, by: number): number => ((value % by) + by) % by;
