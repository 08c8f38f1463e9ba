import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ApplicationFailure } from '@temporalio/client';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { RunResult } from '../../src/domain/run.ts';
import { until } from './cli.ts';
import { createWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
  await world.warehouse.run('CREATE TABLE public.sums (day date, key varchar, total int)');
}, 120_000);
afterAll(async () => world?.stop(), 60_000);
beforeEach(async () => world.warehouse.run('DELETE FROM public.sums'));

/** Sums by key into the warehouse; `query` is the SELECT over `numbers`. */
const pipeline = (query: string, more = '', table = 'public.sums') => `
defaults: { engine: etl, warehouse: analytics, retry: { attempts: 2, delay: 200ms } }
steps:
  - id: sums
    sql:
      inputs: { numbers: { path: "s3://raw/numbers/dt=\${interval.date}/", format: parquet } }
      query: |
        ${query}
      output: { path: "s3://lake/sums/dt=\${interval.date}/", format: parquet }
${more}
  - id: publish
    redshiftCopy: { from: "\${steps.sums.output}", table: ${table}, mode: upsert, uniqueKey: [day, key] }
`;

const SUMS = 'select ${interval.date} as day, key, cast(sum(n) as int) as total from numbers group by key';
/** The same, after a while of work. */
const LONG =
  'select ${interval.date} as day, key, cast(sum(n) + 0 * (select sum(hash(a.range + b.range) % 2) from range(12000) a, range(15000) b) as int) as total from numbers group by key';

const numbers = (day: string) =>
  world.put(
    `s3://raw/numbers/dt=${day}/a.parquet`,
    "select 'k' || (range % 3) as key, range as n from range(9)",
  );

const RIGHT = (day: string) => [
  [day, 'k0', '9'],
  [day, 'k1', '12'],
  [day, 'k2', '15'],
];

const loaded = () => world.warehouse.rows('SELECT day, key, total FROM public.sums ORDER BY day, key');

async function failureOf(handle: WorkflowHandle): Promise<ApplicationFailure> {
  const error = await handle.result().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return (error as WorkflowFailedError).cause as ApplicationFailure;
}

/** The pid of the process that runs a job, once it does. */
const jobProcess = (ref: string): Promise<number> =>
  until(() => {
    try {
      const claim = readFileSync(join(world.folder, 'stack', 'engines', 'etl', '.active', ref), 'utf8');
      return (JSON.parse(claim) as { pid: number }).pid;
    } catch {
      return undefined;
    }
  });

async function submissions(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  const completed = events?.filter(({ activityTaskScheduledEventAttributes: scheduled }) =>
    Buffer.from(scheduled?.input?.payloads?.[0]?.data ?? []).includes('"kind":"sql"'),
  );
  return completed?.length ?? 0;
}

describe('bad input ends in a failed run that says what, why and where', () => {
  test('a missing column', async () => {
    await numbers('2001-01-01');
    const handle = await world.start('missing-column', pipeline('select delayy from numbers'), '2001-01-01');
    const { message, type, details } = await failureOf(handle);
    expect(type).toBe('JobFailed');
    expect(message).toMatch(/^step sums, attempt 2 of 2: JobFailed: .*"delayy"/);
    expect(message).not.toContain('\n');
    const { log } = details?.[0] as { log: string };
    expect(readFileSync(log, 'utf8')).toContain('delayy');
    expect(await world.keys('lake', 'sums/dt=2001-01-01/')).toEqual([]);
  }, 60_000);

  test('a prefix without files', async () => {
    const handle = await world.start('no-files', pipeline(SUMS), '2001-01-02');
    const { message } = await failureOf(handle);
    expect(message).toMatch(/no file matches s3:\/\/raw\/numbers\/dt=2001-01-02\//);
  }, 60_000);

  test('a table whose columns do not fit, and the target stays as it was', async () => {
    await numbers('2001-01-03');
    await world.warehouse.run("INSERT INTO public.sums VALUES ('2001-01-03', 'k0', 1)");
    const query = 'select ${interval.date} as day, key, sum(n) as total from numbers group by key';
    const handle = await world.start('misfit', pipeline(query), '2001-01-03');
    const { message, type } = await failureOf(handle);
    expect(type).toBe('PublishFailed');
    expect(message).toMatch(/^step publish, attempt 2 of 2: PublishFailed: .*total/s);
    expect(await loaded()).toEqual([['2001-01-03', 'k0', '1']]);
  }, 60_000);

  test('a table that does not exist', async () => {
    await numbers('2001-01-04');
    const handle = await world.start('no-table', pipeline(SUMS, '', 'public.nowhere'), '2001-01-04');
    const { message, type } = await failureOf(handle);
    expect([type, message]).toEqual(['PublishFailed', expect.stringContaining('nowhere')]);
  }, 60_000);

  test('rows that the unique key does not tell apart', async () => {
    await numbers('2001-01-05');
    const query = 'select ${interval.date} as day, key, cast(n as int) as total from numbers';
    const { message } = await failureOf(await world.start('doubles', pipeline(query), '2001-01-05'));
    expect(message).toMatch(/several rows with the same day, key/);
    expect(await loaded()).toEqual([]);
  }, 60_000);
});

describe('a fault ends in a retry that works', () => {
  test('a job whose process is killed', async () => {
    await numbers('2001-02-01');
    const handle = await world.start('killed-job', pipeline(LONG), '2001-02-01');
    const { detail } = await world.untilStep(handle, 'sums', (step) => /mr-\S+-1$/.test(step.detail ?? ''));
    const ref = /mr-\S+$/.exec(detail ?? '')?.[0] ?? '';
    const pid = await jobProcess(ref);
    process.kill(pid, 'SIGKILL');
    const { failure } = await world.untilStep(handle, 'sums', (step) => step.failure !== null);
    expect(failure?.message).toMatch(/SIGKILL|killed|gone/);
    expect(await world.keys('lake', 'sums/dt=2001-02-01/')).toEqual([]);
    const result = (await handle.result()) as RunResult;
    expect(result.steps[0]).toMatchObject({ state: 'done', attempt: 2, result: { files: 1, rows: 3 } });
    expect(await loaded()).toEqual(RIGHT('2001-02-01'));
  }, 120_000);

  test('a worker that is killed in mid-wait: the next one goes on waiting for the same job', async () => {
    await numbers('2001-02-02');
    const handle = await world.start('killed-worker', pipeline(LONG), '2001-02-02');
    await world.untilStep(handle, 'sums', (step) => /mr-\S+-1$/.test(step.detail ?? ''));
    const before = world.stack.pids()['worker'] ?? 0;
    process.kill(before, 'SIGKILL');
    const result = (await handle.result()) as RunResult;
    expect(world.stack.pids()['worker']).not.toBe(before);
    expect(result.steps[0]).toMatchObject({ state: 'done', attempt: 1 });
    expect(await submissions(handle)).toBe(1);
    expect(await loaded()).toEqual(RIGHT('2001-02-02'));
  }, 120_000);

  test('a worker that is killed between the submission and its record: the job is found by its key', async () => {
    await numbers('2001-02-03');
    const jobs: string[] = [];
    const engine = join(world.folder, 'stack', 'engines', 'etl');
    const watcher = watch(engine, (_event, name) => {
      if (!name?.startsWith('mr-') || jobs.includes(name)) return;
      // At the first sign of the job, so before anybody can have recorded it.
      if (jobs.length === 0) process.kill(world.stack.pids()['worker'] ?? 0, 'SIGKILL');
      jobs.push(name);
    });
    const handle = await world.start('killed-between', pipeline(LONG), '2001-02-03');
    const result = (await handle.result()) as RunResult;
    watcher.close();
    expect(result.steps[0]).toMatchObject({ state: 'done', attempt: 1 });
    expect(jobs).toEqual([result.steps[0]?.result?.['ref']]);
    expect(await loaded()).toEqual(RIGHT('2001-02-03'));
  }, 120_000);
});
