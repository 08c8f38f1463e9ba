import { describe, expect, test } from '@jest/globals';
import { IANAZone } from 'luxon';
import type { Covers } from '../../src/domain/definition.ts';
import { Intervals } from '../../src/domain/interval.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The instants at which a zone's offset changed in forty years, found from month to month. */
function changesOf(timezone: string): number[] {
  const zone = IANAZone.create(timezone);
  const found = [];
  let before = Date.UTC(1995, 0, 1);
  while (before < Date.UTC(2035, 0, 1)) {
    const offset = zone.offset(before);
    let [low, high] = [before, before + 30 * DAY_MS];
    before = high;
    if (zone.offset(high) === offset) continue;
    while (high - low > 60_000) {
      const middle = Math.floor((low + high) / 120_000) * 60_000;
      if (zone.offset(middle) === offset) low = middle;
      else high = middle;
    }
    found.push(high);
  }
  return found;
}

/** What is wrong with the intervals between two instants: each must follow the one before, and be found by all ways. */
function faultsOf(covers: Covers, timezone: string, fromMs: number, toMs: number) {
  const intervals = new Intervals(covers, timezone);
  const ids: string[] = [];
  const faults: string[] = [];
  for (let at = fromMs; at < toMs;) {
    const interval = intervals.firstFrom(new Date(at))!;
    const { id, start, end } = interval;
    const [startAt, endAt] = [new Date(start), new Date(end)];
    const holds = {
      'begins where the one before ended': ids.length === 0 || startAt.getTime() === at,
      'is longer than nothing': endAt > startAt,
      'has an ID of its own': ids.at(-1) !== id,
      'is found by its ID': JSON.stringify(intervals.parse(id)) === JSON.stringify(interval),
      'is the newest when it has ended': intervals.newest(endAt).id === id,
      'is not the newest before': intervals.newest(new Date(endAt.getTime() - 1)).end === start,
      'is the first from its start': intervals.firstFrom(startAt)?.id === id,
      'is the last to its end': intervals.lastTo(endAt)?.id === id,
    };
    for (const [what, does] of Object.entries(holds)) if (!does) faults.push(`${timezone} ${id}: ${what}`);
    ids.push(id);
    at = Math.max(endAt.getTime(), at + 1);
  }
  return { ids, faults };
}

describe('no gap, no overlap, nothing lost', () => {
  test('around changes of the clock, in every zone there is', () => {
    const seen = new Set<string>();
    const faults: string[] = [];
    for (const timezone of Intl.supportedValuesOf('timeZone')) {
      const all = changesOf(timezone);
      // Many zones differ in name only; most years of a zone are like the one before.
      if (seen.has(all.join())) continue;
      seen.add(all.join());
      for (const at of all.filter((_, n) => n < 2 || n % 40 === 0)) {
        faults.push(...faultsOf('hour', timezone, at - 2 * HOUR_MS, at + 2 * HOUR_MS).faults);
        faults.push(...faultsOf('day', timezone, at - 2 * DAY_MS, at + DAY_MS).faults);
      }
    }
    expect(seen.size).toBeGreaterThan(100);
    expect(faults).toEqual([]);
  });

  test.each([
    'America/New_York',
    // Sets the clock back at one in the morning, so that there are two midnights.
    'America/Havana',
    // Moved over the date line, and had no 30 December 2011.
    'Pacific/Apia',
    // Moves the clock by half an hour.
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
  ])('over two years in %s, with as many days as the calendar has', (timezone) => {
    const [from, to] = [Date.UTC(2010, 6, 1), Date.UTC(2012, 6, 1)];
    const { ids, faults } = faultsOf('day', timezone, from, to);
    expect(faults).toEqual([]);
    const [first, last] = [ids[0], ids.at(-1)].map((id) => Date.parse(`${id}T00:00Z`)) as [number, number];
    expect(ids.length).toBe((last - first) / DAY_MS + 1 - (timezone === 'Pacific/Apia' ? 1 : 0));
    expect(faultsOf('week', timezone, from, to).faults).toEqual([]);
    expect(faultsOf('month', timezone, from, to).faults).toEqual([]);
  });
});
