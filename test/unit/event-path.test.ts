import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Covers } from '../../src/domain/definition.ts';
import { capturedInterval, capturesNaming, capturesOf } from '../../src/domain/event-interval.ts';
import { EventPath } from '../../src/domain/event-path.ts';
import { SourceMatcher } from '../../src/domain/event-source.ts';
import { isNamed } from '../../src/domain/interval-captures.ts';
import { parseCron } from '../../src/domain/schedule-calendar.ts';
import type { ScheduleDefinition } from '../../src/domain/schedule.ts';
import { intervalsOf } from '../../src/domain/schedule-ticks.ts';
import { renderPath } from './render-path.ts';

const ZONES = ['UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu'];

const hourly: ScheduleDefinition = {
  timezone: 'UTC',
  covers: 'tick',
  entries: [{ params: {}, calendars: [parseCron('15 * * * *')], periods: [] }],
  overlap: 'skip',
  catchupWindowMs: 60_000,
  jitterMs: 0,
  pauseOnFailure: false,
};

const calendar = (covers: Covers, timezone: string) => ({
  covers,
  timezone,
  ...(covers === 'tick' && { schedule: hourly }),
});

/** The paths that say which interval of that kind it is. */
const PATHS: Record<Covers, string[]> = {
  hour: [
    'a/{date}/{hour}/',
    'y={year}/m={month}/d={day}/h={hour}/',
    'a/{year}{month}{day}{hour}_*.csv',
    'a/{interval}/',
  ],
  day: [
    'a/dt={date}/',
    '{year}/{month}/{day}/',
    'x/*/{year}{month}{day}.json',
    'm={month}/{date}/',
    'a/{interval}/',
  ],
  week: ['a/{week}/', 'a/*-{week}.csv', 'a/{date}/', 'a/{interval}/'],
  month: ['a/{year}-{month}/', 'a/{year}{month}/{day}/', 'a/{date}/', 'a/{interval}/'],
  tick: ['a/{interval}/', 'a/run-{interval}.csv'],
};

const instants = fc.integer({ min: Date.UTC(1995, 0, 1), max: Date.UTC(2035, 0, 1) });

describe('a path and the interval of a key', () => {
  test.each(Object.entries(PATHS).flatMap(([covers, paths]) => paths.map((path) => [covers, path])))(
    'covers: %s, %s: what it renders it reads again',
    (kind = '', path = '') => {
      const covers = kind as Covers;
      const compiled = new EventPath(path, covers);
      fc.assert(
        fc.property(instants, fc.constantFrom(...ZONES), (ms, timezone) => {
          const of = calendar(covers, timezone);
          const intervals = intervalsOf(of);
          const { id } = intervals.newest(new Date(ms));
          const interval = intervals.parse(id);
          const read = compiled.read(renderPath(path, capturesOf(interval)));
          expect(read).toBeDefined();
          const found = capturedInterval(read?.captured ?? {}, of);
          // An hour that the clock shows twice is the first of the two, unless the path has the interval itself.
          if (covers === 'hour' && found?.id !== id) {
            expect(path).not.toContain('{interval}');
            expect(found?.id.slice(0, 13)).toBe(id.slice(0, 13));
            expect(Date.parse(found?.start ?? '')).toBeLessThan(Date.parse(interval.start));
          } else expect(found?.id).toBe(id);
          // Of each interval near it the same is found by what names that one.
          const names = (other: string) =>
            isNamed(read?.captured ?? {}, capturesNaming(intervals.parse(other), of));
          const before = intervals.newest(new Date(Date.parse(interval.start)));
          for (const other of [id, before.id]) expect(names(other)).toBe(found?.id === other);
        }),
        { numRuns: 25 },
      );
    },
  );

  test('keys of no date, hour or interval are of none', () => {
    const at = (path: string, covers: Covers, key: string, timezone = 'UTC') => {
      const read = new EventPath(path, covers).read(key);
      return read && capturedInterval(read.captured, calendar(covers, timezone))?.id;
    };
    expect(at('a/{date}/', 'day', 'a/2001-01-05/x')).toBe('2001-01-05');
    expect(at('a/{date}/', 'day', 'a/2001-02-30/x')).toBeUndefined();
    expect(at('a/{date}/', 'day', 'a/2001-01-05')).toBeUndefined();
    expect(at('a/{date}/', 'day', 'a/2001-01-05/')).toBeUndefined();
    expect(at('a/{date}/', 'day', 'b/a/2001-01-05/x')).toBeUndefined();
    expect(at('a/{date}/{hour}/', 'hour', 'a/2001-01-05/24/x')).toBeUndefined();
    expect(at('a/{date}/{hour}/', 'hour', 'a/2001-01-05/03/x')).toBe('2001-01-05T03+00:00');
    // Half past two is skipped in the night of 2001-04-01.
    expect(at('a/{date}/{hour}/', 'hour', 'a/2001-04-01/02/x', 'America/New_York')).toBeUndefined();
    expect(at('a/{interval}/', 'hour', 'a/2001-10-28T01-05:00/x', 'America/New_York')).toBe(
      '2001-10-28T01-05:00',
    );
    expect(at('a/{week}/', 'week', 'a/2001-W53/x')).toBeUndefined();
    expect(at('m={month}/{date}/', 'day', 'm=02/2001-01-05/x')).toBeUndefined();
    expect(at('{date}/{date}.csv', 'day', '2001-01-05/2001-01-06.csv')).toBeUndefined();
    expect(at('a.b/{date}/', 'day', 'axb/2001-01-05/x')).toBeUndefined();
  });

  test('foreign keys match nothing', () => {
    const path = new EventPath('flights/dt={date}/*.csv', 'day');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        expect(path.read(key)).toBeUndefined();
      }),
    );
  });
});

describe('a source', () => {
  const matcher = new SourceMatcher(
    {
      bucket: 'raw',
      prefix: 'flights/',
      path: 'flights/dt={date}/',
      settleMs: 0,
      lateSettleMs: 0,
      marker: '_SUCCESS',
      late: 'report',
      lateWindowMs: 0,
    },
    'day',
  );

  test.each([
    ['raw', 'flights/dt=2001-01-05/a.csv', 'data'],
    ['raw', 'flights/dt=2001-01-05/deep/a.csv', 'data'],
    ['raw', 'flights/dt=2001-01-05/_SUCCESS', 'marker'],
    ['raw', 'flights/dt=2001-01-05/deep/_SUCCESS', 'hidden'],
    ['raw', 'flights/dt=2001-01-05/_temporary/0/a.csv', 'hidden'],
    ['raw', 'flights/dt=2001-01-05/.a.csv.crc', 'hidden'],
    ['raw', 'flights/dt=2001-01-05/deep/', 'hidden'],
    ['raw', 'orders/dt=2001-01-05/a.csv', undefined],
    ['lake', 'flights/dt=2001-01-05/a.csv', undefined],
  ])('knows what s3://%s/%s is', (bucket, key, kind) => {
    expect(matcher.sight(bucket, key)?.kind).toBe(kind);
  });
});
