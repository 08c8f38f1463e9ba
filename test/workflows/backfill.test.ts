import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ApplicationFailure, WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import type { BackfillInput } from '../../src/domain/backfill.ts';
import type { BackfillReport } from '../../src/domain/backfill-progress.ts';
import { progress, startBackfill, until } from './backfill-world.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let name: string;
let count = 0;

// A small history suggests a new run early, so that even short backfills are handed on.
beforeAll(async () => {
  world = await createWorld({ resets: true, settings: ['limit.historyCount.suggestContinueAsNew=60'] });
});
afterAll(async () => world.close());

beforeEach(() => {
  name = `days${(count += 1)}`;
  world.define(name, { params: { limit: { type: 'integer', default: 1, required: false } } });
  world.engine.behave = () => ({ status: 'done' });
});

const start = (input: Omit<BackfillInput, 'pipeline'>) => startBackfill(world, name, input);

/** What a backfill came to, whether it failed or not. */
async function reportOf(handle: WorkflowHandle): Promise<BackfillReport> {
  try {
    return (await handle.result()) as BackfillReport;
  } catch (error) {
    return (error as { cause: ApplicationFailure }).cause.details?.[0] as BackfillReport;
  }
}

const statusOf = async (interval: string) =>
  (await world.client.workflow.getHandle(`${name}/${interval}`).describe()).status.name;

/** Ends all jobs that run, and lets those that come be done at once. */
function endJobs(): void {
  world.engine.behave = () => ({ status: 'done' });
  for (const { ref, state } of world.engine.jobs.values())
    if (state.status === 'running') world.engine.end(ref.id, { status: 'done' });
}

const runIdOf = async (interval: string) => {
  const handle = world.client.workflow.getHandle(`${name}/${interval}`);
  return (await handle.describe()).runId;
};

describe('a backfill', () => {
  test('runs every day once, so many at a time, and hands on to new runs of itself', async () => {
    const handle = await start({
      from: '2001-01-01',
      to: '2001-02-09',
      concurrency: 3,
      params: { limit: 2 },
    });
    let most = 0;
    await until(handle, ({ running, done }) => {
      most = Math.max(most, running.length);
      return done === 40;
    });
    const report = await reportOf(handle);
    expect(report).toMatchObject({
      status: 'done',
      total: 40,
      done: 40,
      already: 0,
      failed: 0,
      failures: [],
    });
    expect(most).toBeLessThanOrEqual(3);
    expect(await statusOf('2001-01-01')).toBe('COMPLETED');
    expect(await statusOf('2001-02-09')).toBe('COMPLETED');
    const { memo } = await world.client.workflow.getHandle(`${name}/2001-01-20`).describe();
    expect(memo?.['trigger']).toBe('backfill');
    const first = world.client.workflow.getHandle(`${name}/backfill`, handle.firstExecutionRunId);
    const { events } = await first.fetchHistory();
    expect(events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes).toBeTruthy();
    expect(events?.length).toBeLessThan(150);
  });

  test('leaves days alone that are done, unless told to run them again', async () => {
    await reportOf(await start({ from: '2001-01-02', to: '2001-01-03' }));
    const before = await runIdOf('2001-01-02');
    const again = await reportOf(await start({ from: '2001-01-01', to: '2001-01-04' }));
    expect(again).toMatchObject({ status: 'done', total: 4, done: 2, already: 2 });
    expect(await runIdOf('2001-01-02')).toBe(before);
    const missing = await reportOf(await start({ from: '2001-01-01', to: '2001-01-05', only: 'missing' }));
    expect(missing).toMatchObject({ total: 1, done: 1, already: 0 });
    const all = await reportOf(await start({ from: '2001-01-01', to: '2001-01-04', rerun: true }));
    expect(all).toMatchObject({ total: 4, done: 4, already: 0 });
    expect(await runIdOf('2001-01-02')).not.toBe(before);
  });

  test('tells which days failed, and runs those again', async () => {
    const before = world.engine.submissions.length;
    world.engine.behave = (nth) =>
      nth <= before + 2 ? { status: 'failed', message: 'no such column' } : { status: 'done' };
    const handle = await start({ from: '2001-01-01', to: '2001-01-06', concurrency: 1 });
    const error = await handle.result().catch((failure: unknown) => failure);
    expect((error as WorkflowFailedError).cause?.message).toContain('2 of 6 intervals failed: 2001-01-01 (');
    const report = await reportOf(handle);
    expect(report).toMatchObject({ status: 'failed', done: 4, failed: 2 });
    expect(report.failures[1]).toMatchObject({ interval: '2001-01-02', type: 'JobFailed' });
    const again = await reportOf(await start({ from: '2001-01-01', to: '2001-01-06', only: 'failed' }));
    expect(again).toMatchObject({ status: 'done', total: 2, done: 2 });
  });

  test('stops after so many failures, newest first', async () => {
    world.engine.behave = () => ({ status: 'failed', message: 'no' });
    const handle = await start({
      from: '2001-01-01',
      to: '2001-01-30',
      concurrency: 1,
      order: 'newest',
      maxFailures: 3,
    });
    const report = await reportOf(handle);
    expect(report).toMatchObject({ status: 'stopped', total: 30, failed: 3, done: 0 });
    expect(report.failures.map(({ interval }) => interval)).toEqual([
      '2001-01-30',
      '2001-01-29',
      '2001-01-28',
    ]);
    await expect(statusOf('2001-01-27')).rejects.toThrow();
  });

  test('pauses, over its own end and new beginning, and goes on', async () => {
    world.engine.behave = () => ({ status: 'running' });
    const handle = await start({ from: '2001-01-01', to: '2001-01-25', concurrency: 2 });
    await until(handle, ({ running }) => running.length === 2);
    expect(await handle.executeUpdate('pause')).toMatchObject({ status: 'paused' });
    endJobs();
    const paused = await until(handle, ({ running, done }) => running.length === 0 && done === 2);
    expect(paused).toMatchObject({ status: 'paused', done: 2 });
    expect(await handle.executeUpdate('resume')).toMatchObject({ status: 'running' });
    expect(await reportOf(handle)).toMatchObject({ status: 'done', done: 25 });
  });

  test('cancels with itself the runs that it started, and those only', async () => {
    world.engine.behave = () => ({ status: 'running' });
    const own = await world.client.workflow.start('pipeline', {
      taskQueue: 'test',
      workflowId: `${name}/2001-01-01`,
      args: [{ pipeline: name, interval: '2001-01-01' }],
    });
    const handle = await start({ from: '2001-01-01', to: '2001-01-09', concurrency: 3 });
    await until(handle, ({ running }) => running.length === 3);
    for (const day of ['2001-01-02', '2001-01-03'])
      await world.until(
        world.client.workflow.getHandle(`${name}/${day}`),
        ({ steps }) => steps[0]?.state === 'running',
      );
    await handle.cancel();
    await handle.result().catch(() => {});
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(await progress(handle)).toMatchObject({ status: 'cancelled', done: 0, failed: 0, running: [] });
    expect(await statusOf('2001-01-02')).toBe('CANCELLED');
    expect(await statusOf('2001-01-03')).toBe('CANCELLED');
    expect((await own.describe()).status.name).toBe('RUNNING');
    await own.cancel();
    await own.result().catch(() => {});
  });

  test('gives way: its runs have a lower priority', async () => {
    await reportOf(await start({ from: '2001-01-01', to: '2001-01-01' }));
    const { raw } = await world.client.workflow.getHandle(`${name}/2001-01-01`).describe();
    expect(raw.workflowExecutionInfo?.priority?.priorityKey).toBe(4);
  });

  test.each<[object, string]>([
    [{ from: '2001-01-05', to: '2001-01-01' }, '2001-01-05 comes after 2001-01-01'],
    [{ from: '2001-01-05', to: '2999-01-01' }, '2999-01-01 has not ended yet; the newest that has is 20'],
    [{ from: '2001-1-5', to: '2001-01-09' }, '"2001-1-5" is no day; write it as 2001-01-05'],
    [{ from: '2001-01-05' }, "the workflow's input is wrong: to:"],
    [{ from: '2001-01-05', to: '2001-01-06', concurency: 3 }, 'concurency'],
    [{ from: '2001-01-05', to: '2001-01-06', params: { limt: 3 } }, 'limt'],
  ])('%j is refused at once', async (input, message) => {
    const handle = await start(input as never);
    const error = await handle.result().catch((failure: unknown) => failure);
    expect((error as WorkflowFailedError).cause?.message).toContain(message);
  });
});
