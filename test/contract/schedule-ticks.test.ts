import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { fieldValues, parseCron, valuesOf } from '../../src/domain/schedule-calendar.ts';
import { intervalsOf, ticksOf } from '../../src/domain/schedule-ticks.ts';
import { tickTimes, type ScheduleDefinition, type ScheduleEntry } from '../../src/domain/schedule.ts';
import { scheduleSpec } from '../../src/triggers/schedule-spec.ts';
import { startTemporal } from './temporal.ts';

/*
 * Temporal is the witness: a schedule made of our times must tick when we say that it ticks, because `covers: tick`
 * reckons with it, and no day may be lost when the clock is moved.
 */

let env: TestWorkflowEnvironment;
let count = 0;

beforeAll(async () => {
  env = await startTemporal();
});
afterAll(async () => env.teardown());

const entryOf = (entry: Partial<ScheduleEntry>): ScheduleEntry => ({
  params: {},
  calendars: [],
  periods: [],
  ...entry,
});

const definitionOf = (
  timezone: string,
  entry: ScheduleEntry,
  covers: ScheduleDefinition['covers'] = 'day',
): ScheduleDefinition => ({
  timezone,
  covers,
  entries: [entry],
  overlap: 'buffer-all',
  catchupWindowMs: 60_000,
  jitterMs: 0,
  pauseOnFailure: false,
});

/** When a schedule ticks, in Temporal's words. */
async function temporalTicks(schedule: ScheduleDefinition, from: string, to: string): Promise<number[]> {
  const [entry = entryOf({})] = schedule.entries;
  const scheduleId = `ticks-${(count += 1)}`;
  await env.client.schedule.create({
    scheduleId,
    spec: scheduleSpec(tickTimes(entry, schedule.timezone), schedule),
    action: { type: 'startWorkflow', workflowType: 'none', taskQueue: 'none' },
    state: { paused: true },
  });
  const { startTime } = await env.client.workflowService.listScheduleMatchingTimes({
    namespace: env.client.options.namespace,
    scheduleId,
    startTime: { seconds: Date.parse(from) / 1_000 },
    endTime: { seconds: Date.parse(to) / 1_000 },
  } as never);
  return startTime.map(({ seconds }) => Number(seconds) * 1_000);
}

function ourTicks(schedule: ScheduleDefinition, from: string, to: string): number[] {
  const ticks = ticksOf(schedule);
  const found: number[] = [];
  // The request leaves its first instant out.
  for (let at = ticks.after(Date.parse(from)); at !== undefined && at <= Date.parse(to);) {
    found.push(at);
    at = ticks.after(at);
  }
  return found;
}

const words = (all: number[]) => all.map((at) => new Date(at).toISOString());

describe('a schedule ticks when Temporal says so', () => {
  test.each<[string, string, Partial<ScheduleEntry>, string, string]>([
    [
      'a daily cron',
      'America/New_York',
      { calendars: [parseCron('30 2 * * *')] },
      '2026-03-01',
      '2027-03-20',
    ],
    [
      'at a time that is shown twice',
      'America/New_York',
      { calendars: [parseCron('30 1 * * *')] },
      '2026-10-25',
      '2026-11-05',
    ],
    [
      'at midnight where there are two',
      'America/Havana',
      { calendars: [parseCron('@daily')] },
      '2026-10-25',
      '2026-11-05',
    ],
    [
      'at midnight where there is none',
      'America/Havana',
      { calendars: [parseCron('@daily')] },
      '2026-03-01',
      '2026-03-15',
    ],
    [
      'several times in the gap',
      'Europe/Berlin',
      { calendars: [parseCron('*/15 1-3 * * 7')] },
      '2026-03-01',
      '2026-04-15',
    ],
    [
      'every hour',
      'America/New_York',
      { calendars: [parseCron('@hourly')] },
      '2026-11-01',
      '2026-11-02T12:00Z',
    ],
    [
      'every hour',
      'Asia/Kolkata',
      { calendars: [parseCron('10 * * * *')] },
      '2026-11-01',
      '2026-11-01T12:00Z',
    ],
    [
      'every ten minutes',
      'Asia/Kathmandu',
      { calendars: [parseCron('*/10 * * * *')] },
      '2026-11-01',
      '2026-11-01T06:00Z',
    ],
    [
      'hours of working days',
      'Europe/Paris',
      { calendars: [parseCron('5 9-17/2 * * mon-fri')] },
      '2026-10-20',
      '2026-11-05',
    ],
    [
      'one day of the month',
      'Asia/Tokyo',
      { calendars: [parseCron('0 12 31 * *')] },
      '2026-01-01',
      '2028-01-01',
    ],
    [
      'two crons',
      'UTC',
      { calendars: [parseCron('0 2 * * *'), parseCron('0 14 * * 6')] },
      '2026-01-01',
      '2026-02-01',
    ],
    ['29 February', 'UTC', { calendars: [parseCron('0 0 29 2 *')] }, '2026-01-01', '2049-01-01'],
    [
      'fields of the calendar',
      'Australia/Sydney',
      {
        calendars: [
          {
            minute: '30',
            hour: '2',
            dayOfMonth: '*',
            month: '9-11',
            dayOfWeek: 'sun',
            year: '2026,2028',
            text: '',
          },
        ],
      },
      '2026-01-01',
      '2029-01-01',
    ],
    [
      'a period',
      'America/New_York',
      { periods: [{ everyMs: 6 * 3_600_000, offsetMs: 900_000 }] },
      '2026-03-07',
      '2026-03-10',
    ],
    [
      'a period and a cron',
      'America/New_York',
      { periods: [{ everyMs: 7_200_000, offsetMs: 0 }], calendars: [parseCron('15 2 * * *')] },
      '2026-03-07',
      '2026-03-10',
    ],
  ])('%s in %s', async (_, timezone, entry, from, to) => {
    const schedule = definitionOf(timezone, entryOf(entry));
    const temporal = await temporalTicks(schedule, from, to);
    expect(temporal.length).toBeGreaterThan(2);
    expect(words(ourTicks(schedule, from, to))).toEqual(words(temporal));
    const before = temporal
      .slice(1)
      .slice(-20)
      .map((at) => ticksOf(schedule).before(at) ?? 0);
    expect(words(before)).toEqual(words(temporal.slice(0, -1).slice(-20)));
  });

  test.each([
    '30 2 * * *',
    '0,20 */6 1-7,15 * *',
    '5/20 1-5/2 * jan-mar,sep 1-5',
    '@weekly',
    '* * * * 0',
    '0 0 * 12 7',
  ])('the cron expression %s means the same to it', async (cron) => {
    const scheduleId = `cron-${(count += 1)}`;
    const handle = await env.client.schedule.create({
      scheduleId,
      spec: { cronExpressions: [cron] },
      action: { type: 'startWorkflow', workflowType: 'none', taskQueue: 'none' },
      state: { paused: true },
    });
    const [temporal] = (await handle.describe()).spec.calendars ?? [];
    const ours = valuesOf(parseCron(cron));
    const expand = (ranges: { start: number; end: number; step: number }[]) =>
      ranges.map(({ start, end, step }) => `${start}-${end}/${step}`).join();
    for (const field of ['minute', 'hour', 'dayOfMonth'] as const) {
      expect(fieldValues(field, expand(temporal![field]))).toEqual(ours[field]);
    }
    expect(ours.month).toEqual(
      valuesAmong(
        temporal!.month.map(({ start, end, step }) => [start, end, step]),
        'month',
      ),
    );
    expect(ours.dayOfWeek).toEqual(
      valuesAmong(
        temporal!.dayOfWeek.map(({ start, end, step }) => [start, end, step]),
        'dayOfWeek',
      ),
    );
  });
});

/** The names of Temporal's ranges as our values. */
const valuesAmong = (ranges: [string, string, number][], field: 'month' | 'dayOfWeek') =>
  fieldValues(field, ranges.map(([start, end, step]) => `${start}-${end}/${step}`).join());

/** Zones whose clocks are moved at different hours, by different times, in both hemispheres, or not at all. */
const ZONES = [
  'America/New_York',
  'America/Sao_Paulo',
  'America/Havana',
  'America/Santiago',
  'Atlantic/Azores',
  'Europe/London',
  'Europe/Berlin',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Beirut',
  'Asia/Tehran',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
];

describe('no tick loses an interval', () => {
  test.each(ZONES)('in %s, for a daily schedule at any time of the night, over two years', (timezone) => {
    const crons = ['0 0 * * *', '30 0 * * *', '59 1 * * *', '30 2 * * *', '15 3 * * *', '45 23 * * *'];
    const cron = crons[ZONES.indexOf(timezone) % crons.length] ?? '';
    const schedule = definitionOf(timezone, entryOf({ calendars: [parseCron(cron)] }));
    const intervals = intervalsOf({ covers: 'day', timezone, schedule });
    const ticks = ourTicks(schedule, '2011-01-03', '2013-01-01');
    let last: string | undefined;
    for (const tick of ticks) {
      const { id, start, end } = intervals.newest(new Date(tick));
      expect(Date.parse(end)).toBeLessThanOrEqual(tick);
      // A time that is shown twice comes twice, for the same day.
      if (last !== undefined && end !== last) expect([id, start]).toEqual([id, last]);
      last = end;
    }
  });

  test.each(ZONES)('in %s, for covers: tick', (timezone) => {
    const schedule = definitionOf(timezone, entryOf({ calendars: [parseCron('30 2 * * *')] }), 'tick');
    const intervals = intervalsOf({ covers: 'tick', timezone, schedule });
    let last: string | undefined;
    for (const tick of ourTicks(schedule, '2011-09-01', '2012-05-01')) {
      const { id, start, end } = intervals.newest(new Date(tick));
      expect(Date.parse(id)).toBe(tick);
      expect(intervals.parse(id).start).toBe(start);
      if (last !== undefined) expect([id, start]).toEqual([id, last]);
      last = end;
    }
  });
});
