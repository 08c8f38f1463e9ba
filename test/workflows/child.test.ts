import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { failureOf } from '../failure-of.ts';
import { createWorld, stateOf, step, type World } from './world.ts';

const INTERVAL = '2001-01-05';

let world: World;
let child: string;
let count = 0;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  world.engine.behave = () => ({ status: 'done' });
  world.messages.length = 0;
  child = `child${(count += 1)}`;
  world.define(child);
});

const runOf = (interval = INTERVAL): WorkflowHandle =>
  world.client.workflow.getHandle(`${child}/${interval}`);
const running = (handle: WorkflowHandle) =>
  world.until(handle, ({ steps }) => steps[0]?.detail?.includes('job-') ?? false);
const endLastJob = () => world.engine.end(`job-${world.engine.submissions.length}`, { status: 'done' });

test('runs another pipeline for the same interval, and later steps see what it came to', async () => {
  const tell = step('notify', 'tell', {
    webhook: 'oncall',
    message: '${steps.sub.workflowId} ${steps.sub.steps[0].result.rows}',
  });
  const { steps } = await world.run([step('pipeline', 'sub', { name: child }), tell]);
  const { runId } = await runOf().describe();
  expect(steps[0]?.result).toMatchObject({
    workflowId: `${child}/${INTERVAL}`,
    runId,
    steps: [{ id: 'a', kind: 'sql', state: 'done' }],
  });
  expect(world.messages.map(({ text }) => text)).toEqual([`${child}/${INTERVAL} 7`]);
  expect(await world.progress(runOf())).toMatchObject({ trigger: 'pipeline', status: 'done' });
});

test('interval and params are templates, and the child checks them as at every door', async () => {
  world.define(child, { params: { limit: { type: 'integer', default: 1, required: false } } });
  const args = {
    name: child,
    interval: '${addDays(interval.date, -1)}',
    params: { limit: '${2 + 3}' },
  };
  await world.run([step('pipeline', 'sub', args)]);
  expect(await world.records.read(child, '2001-01-04')).toMatchObject({ params: { limit: 5 } });
});

test.each([
  [{ params: { limt: 5 } }, /there is no parameter limt/],
  [{ interval: '2001-W01' }, /"2001-W01" is no day; write it as 2001-01-05/],
  [{ name: 'nobody' }, /no pipeline is called nobody/],
])('%j is refused before anything is started', async (args, words) => {
  const failure = await failureOf(world.run([step('pipeline', 'sub', { name: child, ...args })]));
  expect(failure).toMatchObject({ type: 'Rejected', message: expect.stringMatching(words) });
  await expect(runOf().describe()).rejects.toThrow('not found');
});

test('a run can not run itself', async () => {
  world.define('selfish', { steps: [step('pipeline', 'again', { name: 'selfish' })] });
  const handle = await world.client.workflow.start('pipeline', {
    taskQueue: 'test',
    workflowId: `selfish/${INTERVAL}`,
    args: [{ pipeline: 'selfish' }],
  });
  expect(await failureOf(handle.result())).toMatchObject({
    type: 'Rejected',
    message: `step again, attempt 1 of 1: Rejected: selfish/${INTERVAL} can't run itself; name another interval`,
  });
});

test('the failure of the child is that of the step, and its retry runs the child again', async () => {
  const first = world.engine.submissions.length + 1;
  world.engine.behave = (nth) => (nth === first ? { status: 'failed', message: 'no' } : { status: 'done' });
  const retry = { attempts: 2, delayMs: 60_000 };
  const result = await world.run([step('pipeline', 'sub', { name: child }, { retry })]);
  expect(result.steps[0]).toMatchObject({ state: 'done', attempt: 2 });

  world.engine.behave = () => ({ status: 'failed', message: 'never' });
  const failure = await failureOf(world.run([step('pipeline', 'sub', { name: child })]));
  expect(failure).toMatchObject({
    type: 'JobFailed',
    message: expect.stringContaining(': JobFailed: never'),
  });
});

test('a cancellation is passed on to the child that it started, and waits for its end', async () => {
  world.engine.behave = () => ({ status: 'running' });
  const handle = await world.start([step('pipeline', 'sub', { name: child })]);
  await running(runOf());
  await handle.cancel();
  await handle.result().catch(() => {});
  expect((await runOf().describe()).status.name).toBe('CANCELLED');
  expect(world.engine.cancelled).toContain(`job-${world.engine.submissions.length}`);
});

test('its time-out ends the child as well', async () => {
  world.engine.behave = () => ({ status: 'running' });
  const handle = await world.start([step('pipeline', 'sub', { name: child }, { timeoutMs: 1_000 })]);
  const failure = await failureOf(handle.result());
  expect(failure.message).toContain('timed out after 1s');
  expect((await runOf().describe()).status.name).toBe('CANCELLED');
});

test('a run that somebody else started is waited for, and left alone by a cancellation', async () => {
  world.engine.behave = () => ({ status: 'running' });
  const others = await world.client.workflow.start('pipeline', {
    taskQueue: 'test',
    workflowId: `${child}/${INTERVAL}`,
    args: [{ pipeline: child }],
  });
  await running(others);
  const steps = [step('pipeline', 'sub', { name: child })];
  const waits = (handle: WorkflowHandle) =>
    world.until(handle, (now) => now.steps[0]?.detail === `waits for ${child}/${INTERVAL}`);
  const [cancelled, waiting] = [await world.start(steps), await world.start(steps)];
  await Promise.all([waits(cancelled), waits(waiting)]);
  await cancelled.cancel();
  await cancelled.result().catch(() => {});
  expect((await others.describe()).status.name).toBe('RUNNING');
  endLastJob();
  await waiting.result();
  expect(stateOf(await world.progress(waiting), 'sub')).toBe('done');
});

test('forEach runs a child for each item', async () => {
  const forEach = { list: ['2001-01-01', '2001-01-02'], concurrency: 2 };
  await world.run([step('pipeline', 'sub', { name: child, interval: '${item}' }, { forEach })]);
  for (const interval of forEach.list)
    expect((await runOf(interval).describe()).status.name).toBe('COMPLETED');
});
