import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadPipeline } from '../../src/spec/load.ts';
import { loadText } from './load-text.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'millrace-schedule-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(schedule: string) {
  const file = join(folder, 'pipeline.yaml');
  const steps = 'steps: [{ id: a, putObject: { path: x, content: y } }]';
  await writeFile(file, `name: p\nparams: { full: false }\nschedule:\n${schedule}\n${steps}\n`);
  return loadPipeline(file);
}

describe('a schedule', () => {
  test('has entries for each set of parameters', async () => {
    const { definition, problems } = await load(`
  cron: ['30 2 * * mon-fri', { cron: '@weekly', params: { full: true } }]
  calendar: [{ hour: 14, dayOfWeek: 6 }, { minute: '*/20', hour: 3, params: { full: true } }]
  interval: [6h, { every: 1d, offset: 15m }]`);
    expect(problems).toEqual([]);
    const told = definition?.schedule?.entries.map(({ params, calendars, periods }) => ({
      params,
      calendars: calendars.map(({ text }) => text),
      periods,
    }));
    expect(told).toEqual([
      {
        params: {},
        calendars: ['30 2 * * mon-fri', 'hour 14, dayOfWeek 6'],
        periods: [
          { everyMs: 21_600_000, offsetMs: 0 },
          { everyMs: 86_400_000, offsetMs: 900_000 },
        ],
      },
      { params: { full: true }, calendars: ['@weekly', 'minute */20, hour 3'], periods: [] },
    ]);
  });

  test('begins and ends in its zone, with the last day in it', async () => {
    const { definition } = await load(`
  cron: '@daily'
  timezone: America/New_York
  overlap: skip
  catchupWindow: 1h
  jitter: 90s
  pauseOnFailure: true
  start: 2026-01-01
  end: 2026-06-30`);
    expect(definition?.schedule).toMatchObject({
      overlap: 'skip',
      catchupWindowMs: 3_600_000,
      jitterMs: 90_000,
      pauseOnFailure: true,
      startAt: '2026-01-01T05:00:00Z',
      endAt: '2026-07-01T03:59:59Z',
    });
  });

  test('may say only what an interval is', async () => {
    const { definition } = await load('  { covers: hour, timezone: UTC }');
    expect(definition).toMatchObject({ covers: 'hour', schedule: { entries: [] } });
  });

  test('gives its runs the params that the pipeline takes', async () => {
    const params =
      'params: { since: { type: date, required: true }, top: 3, tags: [a], note: { type: string } }';
    const steps = 'steps: [{ id: a, putObject: { path: x, content: y } }]';
    const { problems } = await loadText(`name: p
${params}
schedule:
  cron:
    - { cron: '@daily', params: { since: 2001-01-05, top: '4', note: null } }
    - '30 2 * * *'
    - { cron: '30 3 * * *', params: { since: yesterday, top: many } }
  calendar: { hour: 4, params: { top: null, tags: [] } }
  interval: 6h
${steps}
`);
    expect(problems.map(({ line, column, message, fix }) => `${line}:${column}: ${message}; ${fix}`)).toEqual(
      [
        '6:7: since is missing, and it takes a date; write { cron: …, params: { since: 2001-01-05 } }, or give it a default',
        '7:46: since is "yesterday", and it takes a date; write it like 2001-01-05',
        '7:62: top is "many", and it takes a number; write it like 12.5',
        '8:32: since is missing, and it takes a date; add since: 2001-01-05, or give it a default',
        '8:34: top is missing, and it takes a number; write it like 12.5, or leave it out',
        '9:13: since is missing, and it takes a date; write { every: …, params: { since: 2001-01-05 } }, or give it a default',
      ],
    );
  });

  test('is told all that is wrong with it at once', async () => {
    const { problems } = await load(`
  cron: ['61 * * * *', { cron: '@weekly', params: { fulll: true } }, '0 0 * * fri-mon']
  calendar: { dayOfWeek: mon-fry, hour: 25 }
  interval: [0s, { every: 1h, offset: x }]
  overlap: terminate-other
  end: tomorrow
  catchupWindow: 1s`);
    expect(problems.map(({ line, message, fix }) => `${line}: ${message}; ${fix}`)).toEqual([
      expect.stringContaining('5: "61" can\'t stand for the minute; write 0 to 59'),
      '5: there is no param fulll; did you mean full?',
      expect.stringContaining('5: "fri-mon" can\'t stand for the day of week'),
      expect.stringContaining('6: "mon-fry" can\'t stand for the day of week; write 0 to 7, sun to sat'),
      expect.stringContaining('6: "25" can\'t stand for the hour'),
      expect.stringContaining('7: the duration is zero'),
      expect.stringContaining('7: "x" is no duration'),
      '8: terminate-other would leave jobs behind that nobody stops; write cancel-other',
      expect.stringContaining('9: "tomorrow" is no date'),
      '10: catchupWindow is shorter than Temporal takes; write 10s or more',
    ]);
  });

  test.each([
    ['  { calendar: { month: 2, dayOfMonth: 30 } }', 'none of these months has such a day'],
    ['  { covers: tick }', 'covers: tick needs ticks'],
    ["  { cron: '0 0 2 * * *' }", 'is no cron expression of five fields'],
    ["  { cron: '0 0 31 4,6 *' }", 'never comes'],
  ])('%s is refused', async (schedule, message) => {
    const { problems } = await load(schedule);
    expect(problems.map((problem) => problem.message)).toEqual([expect.stringContaining(message)]);
  });

  test.each([
    [
      "  { cron: '0 5 13 * fri' }",
      'bad-cron 4:11: "0 5 13 * fri" names days of the month and of the week, and cron takes either, Temporal both; ' +
        'write two entries, "0 5 13 * *" and "0 5 * * fri", or, for days that are both, a calendar',
    ],
    [
      '  { interval: { every: 1h, offset: 60m } }',
      'bad-duration 4:36: the offset is not shorter than every; write less than 1h',
    ],
    [
      '  { interval: [500ms, { every: 90s, offset: 1500ms }] }',
      'bad-duration 4:16: ticks come at whole seconds; write whole seconds, like 30s',
      'bad-duration 4:45: ticks come at whole seconds; write whole seconds, like 30s',
    ],
    [
      "  { cron: '@daily', catchupWindow: 200000d }",
      'bad-duration 4:36: catchupWindow is longer than Temporal takes; write 36500d or less',
    ],
    [
      "  { cron: '@daily', start: 2026-07-02, end: 2026-07-01 }",
      'conflicting-fields 4:45: it ends before it starts; write an end after 2026-07-02',
    ],
  ])('%s is refused with a mend', async (schedule, ...words) => {
    const { problems } = await load(schedule);
    expect(
      problems.map(({ code, line, column, message, fix }) => `${code} ${line}:${column}: ${message}; ${fix}`),
    ).toEqual(words);
  });

  test.each([
    "  { cron: ['0 5 13 * *', '0 5 * * fri', '0 5 */2 * fri', '0 5 13 * */2'] }",
    '  { calendar: { dayOfMonth: 13, dayOfWeek: fri } }',
    '  { interval: { every: 1h, offset: 59m } }',
    "  { cron: '@daily', start: 2026-07-01, end: 2026-07-01 }",
  ])('%s is fine', async (schedule) => {
    expect((await load(schedule)).problems).toEqual([]);
  });

  test.each([
    ['europe/berlin', 'Europe/Berlin'],
    ['Utc', 'UTC'],
    ['us/eastern', 'US/Eastern'],
    ['asia/KOLKATA', 'Asia/Kolkata'],
    ['etc/gmt+5', 'Etc/GMT+5'],
    ['africa/dar_es_salaam', 'Africa/Dar_es_Salaam'],
    ['PST', 'America/Los_Angeles'],
    ['Europe/Berln', 'Europe/Berlin'],
  ])('the time zone %s is refused, and %s is proposed', async (written, right) => {
    const { problems } = await load(`  { cron: '@daily', timezone: ${written} }`);
    expect(problems).toMatchObject([
      {
        code: 'bad-timezone',
        message: `there is no time zone ${JSON.stringify(written)}`,
        fix: `did you mean ${right}?`,
      },
    ]);
    expect((await load(`  { cron: '@daily', timezone: ${right} }`)).problems).toEqual([]);
  });
});
