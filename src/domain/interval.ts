import { DateTime, type IANAZone } from 'luxon';
import type { Covers } from './definition.ts';
import { firstInstantOf, wallAt, zoneOf } from './wall-clock.ts';

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

/** When a schedule ticks: what `covers: tick` goes by. Instants are in ms. */
export interface Ticks {
  /** The newest tick before that instant. */
  before(atMs: number): number | undefined;
  /** The first one after it. */
  after(atMs: number): number | undefined;
}

/** What an ID looks like. */
const FORM: Record<Covers, { example: string; pattern: RegExp; id(of: DateTime): string }> = {
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
    id: (tick) => iso(tick.toUTC()),
  },
};

/** What an ID of that kind looks like, as a part of a regular expression. */
export const intervalForm = (covers: Covers): string => FORM[covers].pattern.source.slice(1, -1);

/** Whether an ID has the form of some kind of interval. */
export const isIntervalId = (id: string): boolean =>
  Object.values(FORM).some(({ pattern }) => pattern.test(id));

const iso = (at: DateTime): string => at.toISO({ suppressMilliseconds: true }) ?? '';

const HOUR_MS = 3_600_000;

/** The intervals of a zone's calendar, or those between ticks, one after the other. */
export class Intervals {
  readonly #covers: Covers;
  readonly #zone: IANAZone;
  readonly #ticks: Ticks | undefined;

  /** An `Error` says that there is no such zone. `ticks` is what `covers: tick` goes by. */
  constructor(covers: Covers, timezone: string, ticks?: Ticks) {
    this.#covers = covers;
    this.#zone = zoneOf(timezone);
    this.#ticks = ticks;
  }

  /** The interval of that ID; an `Error` says which form is expected. */
  parse(id: string): Interval {
    const covers = this.#covers;
    const { example, pattern } = FORM[covers];
    // An hour has no minutes in its ID, which ISO 8601 wants before the offset. The others are wall times.
    const text = covers === 'hour' ? id.replace(/(?<=T\d{2})(?=[+-])/, ':00') : id;
    const read = DateTime.fromISO(text, { zone: 'utc', locale: 'en-US' });
    if (!pattern.test(id) || !read.isValid)
      throw new Error(`${JSON.stringify(id)} is no ${covers}; write it as ${example}`);
    const found = this.#readAs(read.toMillis());
    if (found.id === id) return found;
    throw new Error(`${JSON.stringify(id)} is no ${covers} in ${this.#zone.name}; write it as ${found.id}`);
  }

  #readAs(ms: number): Interval {
    if (this.#covers === 'tick') return this.newest(new Date(ms));
    return this.#startingAt(this.#covers === 'hour' ? this.#startOf(ms) : firstInstantOf(this.#zone, ms));
  }

  /** The newest one that had ended at that instant. */
  newest(at: Date): Interval {
    if (this.#covers === 'tick') return this.lastTo(at) ?? this.#untilTick(at.getTime());
    return this.#startingAt(this.#startOf(this.#startOf(at.getTime()) - 1));
  }

  /** The first one that begins at that instant or after it. */
  firstFrom(at: Date): Interval | undefined {
    const atMs = at.getTime();
    if (this.#covers === 'tick') {
      const opens = this.#ticks?.after(atMs - 1);
      const closes = opens === undefined ? undefined : this.#ticks?.after(opens);
      return closes === undefined ? undefined : this.#untilTick(closes);
    }
    const startMs = this.#startOf(atMs);
    return this.#startingAt(startMs < atMs ? this.#endOf(startMs) : startMs);
  }

  /** The last one that ends at that instant or before it. */
  lastTo(at: Date): Interval | undefined {
    if (this.#covers !== 'tick') return this.newest(at);
    const tick = this.#ticks?.before(at.getTime() + 1);
    return tick === undefined ? undefined : this.#untilTick(tick);
  }

  #startingAt(startMs: number): Interval {
    return this.#described(startMs, startMs, this.#endOf(startMs));
  }

  /** The time since the tick before; where there is none, it is empty. */
  #untilTick(tickMs: number): Interval {
    return this.#described(tickMs, this.#ticks?.before(tickMs) ?? tickMs, tickMs);
  }

  #described(namedAfterMs: number, startMs: number, endMs: number): Interval {
    const local = (ms: number) => DateTime.fromMillis(ms, { zone: this.#zone.name, locale: 'en-US' });
    const start = local(startMs);
    return {
      id: FORM[this.#covers].id(local(namedAfterMs)),
      start: iso(start),
      end: iso(local(endMs)),
      date: start.toFormat('yyyy-MM-dd'),
      weekday: start.weekday,
    };
  }

  /** The instant at which the unit begins that `atMs` is in. */
  #startOf(atMs: number): number {
    if (this.#covers === 'hour') return this.#startOfHour(atMs);
    return firstInstantOf(this.#zone, this.#cutOff(wallAt(this.#zone, atMs)));
  }

  /** The instant at which the unit ends that begins at `startMs`. */
  #endOf(startMs: number): number {
    if (this.#covers === 'hour') return this.#endOfHour(startMs);
    const wall = this.#cutOff(wallAt(this.#zone, startMs));
    const next = DateTime.fromMillis(wall, { zone: 'utc' }).plus({ [this.#covers]: 1 });
    return firstInstantOf(this.#zone, next.toMillis());
  }

  /** The wall time at which the unit begins. */
  #cutOff(wallMs: number): number {
    const unit = this.#covers as 'day' | 'week' | 'month';
    return DateTime.fromMillis(wallMs, { zone: 'utc', locale: 'en-US' }).startOf(unit).toMillis();
  }

  /** Hours begin where the clock shows no minutes: one is longer or shorter where it is moved by half an hour. */
  #startOfHour(atMs: number): number {
    const into = wallAt(this.#zone, atMs) % HOUR_MS;
    return into === 0 ? atMs : this.#startOfHour(atMs - into);
  }

  #endOfHour(startMs: number): number {
    const hourLater = startMs + HOUR_MS;
    const start = this.#startOfHour(hourLater);
    return start > startMs ? start : hourLater + HOUR_MS - (wallAt(this.#zone, hourLater) % HOUR_MS);
  }
}
