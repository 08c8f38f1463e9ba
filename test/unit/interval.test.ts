import { describe, expect, test } from '@jest/globals';
import type { Covers } from '../../src/domain/definition.ts';
import { Intervals } from '../../src/domain/interval.ts';
import { parseCron } from '../../src/domain/schedule-calendar.ts';
import { intervalsOf } from '../../src/domain/schedule-ticks.ts';

const NEW_YORK = 'America/New_York';

const parseInterval = (id: string, covers: Covers, timezone: string) =>
  new Intervals(covers, timezone).parse(id);
const newestInterval = (at: Date, covers: Covers, timezone: string) =>
  new Intervals(covers, timezone).newest(at);

describe('an ID is read', () => {
  test.each<[Covers, string, string, string, string, string, number]>([
    [
      'day',
      '2001-01-05',
      NEW_YORK,
      '2001-01-05T00:00:00-05:00',
      '2001-01-06T00:00:00-05:00',
      '2001-01-05',
      5,
    ],
    ['day', '2001-01-05', 'UTC', '2001-01-05T00:00:00Z', '2001-01-06T00:00:00Z', '2001-01-05', 5],
    // The days on which the clock changes have 23 and 25 hours.
    [
      'day',
      '2001-04-01',
      NEW_YORK,
      '2001-04-01T00:00:00-05:00',
      '2001-04-02T00:00:00-04:00',
      '2001-04-01',
      7,
    ],
    [
      'day',
      '2001-10-28',
      NEW_YORK,
      '2001-10-28T00:00:00-04:00',
      '2001-10-29T00:00:00-05:00',
      '2001-10-28',
      7,
    ],
    // There was no midnight on that day.
    [
      'day',
      '2018-11-04',
      'America/Sao_Paulo',
      '2018-11-04T01:00:00-02:00',
      '2018-11-05T00:00:00-02:00',
      '2018-11-04',
      7,
    ],
    [
      'day',
      '2018-11-03',
      'America/Sao_Paulo',
      '2018-11-03T00:00:00-03:00',
      '2018-11-04T01:00:00-02:00',
      '2018-11-03',
      6,
    ],
    [
      'hour',
      '2001-01-05T03-05:00',
      NEW_YORK,
      '2001-01-05T03:00:00-05:00',
      '2001-01-05T04:00:00-05:00',
      '2001-01-05',
      5,
    ],
    // The hour from 1 to 2 comes twice.
    [
      'hour',
      '2001-10-28T01-04:00',
      NEW_YORK,
      '2001-10-28T01:00:00-04:00',
      '2001-10-28T01:00:00-05:00',
      '2001-10-28',
      7,
    ],
    [
      'hour',
      '2001-10-28T01-05:00',
      NEW_YORK,
      '2001-10-28T01:00:00-05:00',
      '2001-10-28T02:00:00-05:00',
      '2001-10-28',
      7,
    ],
    [
      'hour',
      '2001-04-01T01-05:00',
      NEW_YORK,
      '2001-04-01T01:00:00-05:00',
      '2001-04-01T03:00:00-04:00',
      '2001-04-01',
      7,
    ],
    [
      'hour',
      '2001-01-05T03+05:30',
      'Asia/Kolkata',
      '2001-01-05T03:00:00+05:30',
      '2001-01-05T04:00:00+05:30',
      '2001-01-05',
      5,
    ],
    ['hour', '2001-01-05T03+00:00', 'UTC', '2001-01-05T03:00:00Z', '2001-01-05T04:00:00Z', '2001-01-05', 5],
    ['week', '2001-W01', NEW_YORK, '2001-01-01T00:00:00-05:00', '2001-01-08T00:00:00-05:00', '2001-01-01', 1],
    ['week', '2020-W53', 'UTC', '2020-12-28T00:00:00Z', '2021-01-04T00:00:00Z', '2020-12-28', 1],
    ['month', '2001-01', NEW_YORK, '2001-01-01T00:00:00-05:00', '2001-02-01T00:00:00-05:00', '2001-01-01', 1],
    ['month', '2001-04', NEW_YORK, '2001-04-01T00:00:00-05:00', '2001-05-01T00:00:00-04:00', '2001-04-01', 7],
    [
      'tick',
      '2001-01-05T07:30:00Z',
      NEW_YORK,
      '2001-01-05T02:30:00-05:00',
      '2001-01-05T02:30:00-05:00',
      '2001-01-05',
      5,
    ],
  ])('%s %s in %s', (covers, id, timezone, start, end, date, weekday) =>
    expect(parseInterval(id, covers, timezone)).toEqual({ id, start, end, date, weekday }),
  );
});

describe('an ID is refused', () => {
  test.each<[Covers, string, string]>([
    ['day', '2001-13-05', '"2001-13-05" is no day; write it as 2001-01-05'],
    ['day', '2001-02-29', 'is no day; write it as 2001-01-05'],
    ['day', '2001-1-5', 'is no day; write it as 2001-01-05'],
    ['day', '2001-01-05T00:00:00Z', 'is no day'],
    ['day', '20010105', 'is no day'],
    ['day', '', 'is no day'],
    ['day', 'latest', 'is no day'],
    ['hour', '2001-01-05T03', 'is no hour; write it as 2001-01-05T03-05:00'],
    ['hour', '2001-01-05T24-05:00', 'is no hour'],
    ['hour', '2001-01-05T03-04:00', 'is no hour in America/New_York; write it as 2001-01-05T02-05:00'],
    ['hour', '2001-04-01T02-05:00', 'write it as 2001-04-01T03-04:00'],
    ['week', '2001-W53', 'is no week; write it as 2001-W01'],
    ['week', '2001-W1', 'is no week'],
    ['month', '2001-00', 'is no month; write it as 2001-01'],
    ['tick', '2001-01-05', 'is no tick; write it as 2001-01-05T07:30:00Z'],
    ['tick', '2001-01-05T07:30:00.000Z', 'write it as 2001-01-05T07:30:00Z'],
  ])('%s %s', (covers, id, message) => expect(() => parseInterval(id, covers, NEW_YORK)).toThrow(message));

  test('in a zone that does not exist', () =>
    expect(() => parseInterval('2001-01-05', 'day', 'Mars/Base')).toThrow('"Mars/Base" is no time zone'));
});

describe('the newest interval that had ended', () => {
  test.each<[Covers, string, string, string]>([
    ['day', '2001-01-06T07:30:00Z', NEW_YORK, '2001-01-05'],
    ['day', '2001-01-06T05:00:00Z', NEW_YORK, '2001-01-05'],
    ['day', '2001-01-06T04:59:59Z', NEW_YORK, '2001-01-04'],
    ['day', '2001-01-06T00:00:00Z', 'UTC', '2001-01-05'],
    ['day', '2018-11-04T03:00:00Z', 'America/Sao_Paulo', '2018-11-03'],
    ['day', '2018-11-05T03:00:00Z', 'America/Sao_Paulo', '2018-11-04'],
    ['hour', '2001-01-05T08:00:00Z', NEW_YORK, '2001-01-05T02-05:00'],
    ['hour', '2001-10-28T06:30:00Z', NEW_YORK, '2001-10-28T01-04:00'],
    ['hour', '2001-10-28T07:00:00Z', NEW_YORK, '2001-10-28T01-05:00'],
    ['hour', '2001-04-01T07:10:00Z', NEW_YORK, '2001-04-01T01-05:00'],
    ['week', '2001-01-08T05:00:00Z', NEW_YORK, '2001-W01'],
    ['week', '2001-01-08T04:00:00Z', NEW_YORK, '2000-W52'],
    ['month', '2001-03-01T12:00:00Z', NEW_YORK, '2001-02'],
    ['tick', '2001-01-05T07:30:00Z', NEW_YORK, '2001-01-05T07:30:00Z'],
    ['tick', '2001-01-05T07:30:00.250Z', NEW_YORK, '2001-01-05T07:30:00.250Z'],
  ])('%s at %s in %s is %s', (covers, at, timezone, id) => {
    const newest = newestInterval(new Date(at), covers, timezone);
    expect(newest.id).toBe(id);
    expect(parseInterval(id, covers, timezone)).toEqual(newest);
  });

  test('every hour of a year follows the one before', () => {
    for (const timezone of [NEW_YORK, 'Asia/Kolkata', 'America/Sao_Paulo']) {
      const ends: string[] = [];
      const from = Date.UTC(2018, 9, 20);
      for (let hour = 0; hour < 24 * 30; hour++) {
        const { start, end, id } = newestInterval(new Date(from + hour * 3_600_000), 'hour', timezone);
        if (ends.length > 0) expect([id, start]).toEqual([id, ends.at(-1)]);
        ends.push(end);
      }
    }
  });
});

describe('with covers: tick', () => {
  const intervals = intervalsOf({
    covers: 'tick',
    timezone: 'UTC',
    schedule: {
      timezone: 'UTC',
      covers: 'tick',
      entries: [{ params: {}, calendars: [parseCron('30 */6 * * *')], periods: [] }],
      overlap: 'skip',
      catchupWindowMs: 60_000,
      jitterMs: 0,
      pauseOnFailure: false,
    },
  });

  test.each([
    ['2001-01-05T06:30:00Z', '2001-01-05T06:30:00Z'],
    ['2001-01-05T06:29:59Z', '2001-01-05T00:30:00Z'],
    ['2001-01-05T11:00:00Z', '2001-01-05T06:30:00Z'],
  ])('the newest at %s is the one that ended at %s', (at, id) => {
    const newest = intervals.newest(new Date(at));
    expect(newest.id).toBe(id);
    expect(Date.parse(newest.end) - Date.parse(newest.start)).toBe(6 * 3_600_000);
    expect(intervals.parse(id)).toEqual(newest);
  });

  test('a time at which it does not tick is refused', () =>
    expect(() => intervals.parse('2001-01-05T07:30:00Z')).toThrow(
      '"2001-01-05T07:30:00Z" is no tick in UTC; write it as 2001-01-05T06:30:00Z',
    ));
});
