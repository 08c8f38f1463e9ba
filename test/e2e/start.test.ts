import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { foundTools } from '../../src/config.ts';
import type { BackfillReport } from '../../src/domain/backfill-progress.ts';
import type { PlannedChange } from '../../src/triggers/schedules.ts';
import { millrace, runProgram, until, type Ran } from './cli.ts';
import { createWorld, type World } from './world.ts';

/* `millrace apply` and `millrace backfill` as a person has them: processes, and what they print. */

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world?.stop(), 60_000);

const say = (...args: string[]): Promise<Ran> =>
  millrace([...args, '--config', world.config], { ...world.stack.env, NO_COLOR: '1' });
const json = async <T>(...args: string[]): Promise<{ code: number | null; is: T }> => {
  const { code, stdout, stderr } = await say(...args, '--json');
  expect({ args, stdout, stderr }).toMatchObject({ stdout: expect.stringMatching(/^[{[].*\n$/) });
  return { code, is: JSON.parse(stdout) as T };
};
const write = (name: string, yaml: string) =>
  writeFile(join(world.folder, `${name}.pipeline.yaml`), `name: ${name}\n${yaml}`);
const temporal = async (...args: string[]) => {
  const ran = await runProgram(foundTools().temporal ?? '', args, world.stack.env);
  expect({ args, ...ran }).toMatchObject({ code: 0 });
  return ran.stdout;
};
const statusOf = async (id: string) => (await world.client.workflow.getHandle(id).describe()).status.name;

describe('millrace apply', () => {
  const STEPS = 'steps: [{ id: mark, putObject: { path: "s3://lake/${interval.date}", content: x } }]\n';
  const apply = (...args: string[]) => json<{ changes: PlannedChange[]; applied: boolean }>('apply', ...args);
  const pausedOf = async (id: string) => (await world.client.schedule.getHandle(id).describe()).state.paused;
  const listed = async () => {
    const ids = [];
    for await (const { scheduleId } of world.client.schedule.list()) ids.push(scheduleId);
    return ids.sort();
  };

  test('says what it would do, does it, and then has nothing to do', async () => {
    await write('nightly', `schedule: { cron: "30 2 * * *", timezone: America/New_York }\n${STEPS}`);
    await write('gone', `schedule: { cron: "@daily" }\n${STEPS}`);
    await write('by-hand', STEPS);
    const dry = await say('apply', '--dry-run');
    expect(dry).toMatchObject({ code: 0, stderr: expect.stringContaining('2 schedules would change\n') });
    expect(dry.stdout).toMatch(/^create {2}gone\n/m);
    expect(dry.stdout).toMatch(/^create {2}nightly\n(?: {4}\w+: .*\n)* {4}timezone: America\/New_York$/m);
    expect(await listed()).toEqual([]);

    const { code, is } = await apply();
    expect(code).toBe(0);
    expect(is).toMatchObject({ applied: true, changes: [{ action: 'create' }, { action: 'create' }] });
    expect((await apply()).is.changes).toEqual([]);
    expect(await say('apply')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('nothing to change\n'),
    });
  });

  test('shows the fields that differ, and leaves paused what a person has paused', async () => {
    await temporal(
      'schedule',
      'toggle',
      '--schedule-id',
      'nightly',
      '--pause',
      '--reason',
      'the warehouse moves',
    );
    expect((await apply()).is.changes).toEqual([]);
    await write('nightly', `schedule: { cron: "45 2 * * *", timezone: America/New_York }\n${STEPS}`);
    const changed = await say('apply');
    expect(changed.stdout).toMatch(/^change {2}nightly\n {4}\w+: .*→.*\n$/);
    expect(await pausedOf('nightly')).toBe(true);
    expect((await apply()).is.changes).toEqual([]);
  });

  test('pauses what no file has any more, deletes it with --prune, and never touches what others made', async () => {
    const own = ['--type', 'pipeline', '--workflow-id', 'x', '--task-queue', 'millrace'];
    await temporal('schedule', 'create', '--schedule-id', 'of-somebody', '--cron', '0 0 1 1 *', ...own);
    await rm(join(world.folder, 'gone.pipeline.yaml'));
    await until(async () => ((await listed()).length === 3 ? true : undefined));
    expect((await apply()).is.changes).toMatchObject([{ action: 'pause', schedule: 'gone' }]);
    expect(await pausedOf('gone')).toBe(true);
    await until(async () => ((await apply('--dry-run')).is.changes.length === 0 ? true : undefined));
    expect((await apply('--prune')).is.changes).toMatchObject([{ action: 'delete', schedule: 'gone' }]);
    await until(async () => ((await listed()).join() === 'nightly,of-somebody' ? true : undefined));
    expect(await pausedOf('of-somebody')).toBe(false);
  });

  test('refuses files with errors, and an ID that somebody else has taken, and then changes nothing', async () => {
    await write('of-somebody', `schedule: { cron: "@daily" }\n${STEPS}`);
    await write('new', `schedule: { cron: "@daily" }\n${STEPS}`);
    const taken = await json<{ error: unknown }>('apply');
    expect(taken).toMatchObject({ code: 2, is: { error: { type: 'ForeignSchedule' } } });
    await write('of-somebody', `after: [nobody]\n${STEPS}`);
    const wrong = await json<{ error: unknown }>('apply');
    expect(wrong).toMatchObject({
      code: 2,
      is: { error: { type: 'Rejected', message: expect.stringContaining('no pipeline is called nobody') } },
    });
    await rm(join(world.folder, 'of-somebody.pipeline.yaml'));
    await rm(join(world.folder, 'new.pipeline.yaml'));
    expect(await listed()).toEqual(['nightly', 'of-somebody']);
  });
});

describe('millrace backfill', () => {
  /** Fails on Saturday and Sunday: what is null can't stand in a text. */
  const fill = (path: string) =>
    `steps: [{ id: mark, putObject: { path: "s3://lake/fill/${path}", content: x } }]\n`;
  const WEEKDAYS = '${interval.weekday > 5 ? null : interval.date}-';
  const backfill = (...args: string[]) => json<BackfillReport & { workflowId: string }>('backfill', ...args);
  const JANUARY = ['--from', '2001-01-01', '--to', '2001-01-10'];

  test('runs all days, tells how far it is, and ends with a report; done days are not run again', async () => {
    await write('fill', fill('${interval.date}'));
    const ran = await say('backfill', 'fill', ...JANUARY, '--concurrency', '3');
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect(ran.stderr).toMatch(/^[█─]{30} \d+ % \d+ of 10, .*\d running/m);
    expect(ran.stderr).toContain('fill from 2001-01-01 to 2001-01-10: done; of 10: 10 done\n');
    expect((await backfill('fill', ...JANUARY)).is).toMatchObject({ status: 'done', done: 0, already: 10 });
    const more = ['--from', '2001-01-01', '--to', '2001-01-12', '--only-missing', '--order', 'newest'];
    expect((await backfill('fill', ...more)).is).toMatchObject({
      status: 'done',
      total: 2,
      done: 2,
      already: 0,
    });
  });

  test('stops after so many failures, and runs again those that failed', async () => {
    await write('weekdays', fill(WEEKDAYS));
    const few = ['--concurrency', '1', '--max-failures', '1'];
    const stopped = await say('backfill', 'weekdays', ...JANUARY, ...few);
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(/: stopped; of 10: 5 done, 1 failed\n {2}2001-01-06 {2}Rejected: .*null/);
    expect(stopped.stderr).toContain(
      'Again: millrace backfill weekdays --from 2001-01-01 --to 2001-01-10 --failed\n',
    );
    const all = await backfill('weekdays', ...JANUARY);
    expect(all).toMatchObject({ code: 1, is: { status: 'failed', failed: 2, done: 3, already: 5 } });
    await write('weekdays', fill('${interval.date}'));
    const again = await backfill('weekdays', ...JANUARY, '--failed');
    expect(again).toMatchObject({ code: 0, is: { status: 'done', total: 2, done: 2, already: 0 } });
  });

  test('pauses, resumes and is cancelled with its open runs', async () => {
    await write('waits', 'steps: [{ id: a, waitForData: { path: "s3://raw/never/${interval.date}/" } }]\n');
    const input = ['waits', ...JANUARY, '--concurrency', '2'];
    const started = await backfill(...input, '--no-wait');
    expect(started).toMatchObject({ code: 0, is: { workflowId: 'waits/backfill', status: 'running' } });
    expect(await backfill(...input)).toMatchObject({ code: 2, is: { error: { type: 'AlreadyOpen' } } });
    expect((await backfill('waits', '--pause')).is).toMatchObject({ status: 'paused', total: 10 });
    expect((await backfill('waits', '--resume')).is).toMatchObject({ status: 'running' });
    await until(async () =>
      (await statusOf('waits/2001-01-02').catch(() => '')) === 'RUNNING' ? true : undefined,
    );
    expect(await backfill('waits', '--cancel')).toMatchObject({
      code: 1,
      is: { status: 'cancelled', done: 0, running: [] },
    });
    expect(await statusOf('waits/2001-01-01')).toBe('CANCELLED');
    expect(await statusOf('waits/2001-01-02')).toBe('CANCELLED');
    expect(await backfill('waits', '--pause')).toMatchObject({
      code: 2,
      is: { error: { type: 'NotFound' } },
    });
  });

  test.each([
    [['nobody', ...JANUARY], 'no pipeline is called nobody'],
    [['fill', '--from', '2001-01-01'], '--to is missing'],
    [['fill', '--from', '2001-01-05', '--to', '2001-01-01'], '2001-01-05 comes after 2001-01-01'],
    [['fill', ...JANUARY, '--param', 'limt=3'], 'limt'],
    [['fill', ...JANUARY, '--concurrency', 'many'], 'many is no number of runs'],
  ])('%j is refused', async (args, message) => {
    const { code, is } = await json<{ error: { message: string } }>('backfill', ...args);
    expect(code).toBe(2);
    expect(is.error.message).toContain(message);
  });
});
