import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { RunResult } from '../../src/domain/run.ts';
import { until } from '../e2e/cli.ts';
import { LONG, RIGHT, createSumsWorld, pipeline, type SumsWorld } from '../e2e/sums.ts';

let world: SumsWorld;

beforeAll(async () => {
  world = await createSumsWorld();
});
afterAll(async () => world?.stop(), 60_000);
beforeEach(async () => world.clear());

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
  const completed = events?.filter(
    ({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled?.activityType?.name === 'submitWork' &&
      Buffer.from(scheduled.input?.payloads?.[0]?.data ?? []).includes('"kind":"sql"'),
  );
  return completed?.length ?? 0;
}

describe('kill -9 ends in a retry that works, of', () => {
  test('a job whose process is killed', async () => {
    await world.numbers('2001-02-01');
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
    expect(await world.loaded()).toEqual(RIGHT('2001-02-01'));
  });

  test('a worker that is killed in mid-wait: the next one goes on waiting for the same job', async () => {
    await world.numbers('2001-02-02');
    const handle = await world.start('killed-worker', pipeline(LONG), '2001-02-02');
    await world.untilStep(handle, 'sums', (step) => /mr-\S+-1$/.test(step.detail ?? ''));
    const before = world.stack.pids()['worker'] ?? 0;
    process.kill(before, 'SIGKILL');
    const result = (await handle.result()) as RunResult;
    expect(world.stack.pids()['worker']).not.toBe(before);
    expect(result.steps[0]).toMatchObject({ state: 'done', attempt: 1 });
    expect(await submissions(handle)).toBe(1);
    expect(await world.loaded()).toEqual(RIGHT('2001-02-02'));
  });

  test('a worker that is killed between the submission and its record: the job is found by its key', async () => {
    await world.numbers('2001-02-03');
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
    expect(await world.loaded()).toEqual(RIGHT('2001-02-03'));
  });
});
