import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { failureOf } from '../failure-of.ts';
import { createWorld, sql, stateOf, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  world.engine.behave = () => ({ status: 'done' });
  world.messages.length = 0;
});

const tell = (id: string, message = id) => step('notify', id, { webhook: 'oncall', message });
const told = () => world.messages.map(({ text }) => text);
const running = async (handle: Awaited<ReturnType<World['start']>>) =>
  world.until(handle, (now) => now.steps[0]?.detail?.includes('job-') ?? false);

test('finally and onSuccess follow a run that is done, in that order', async () => {
  const result = await world.run([sql('a')], {
    finally: [tell('always', 'a is ${steps.a.state}')],
    onSuccess: [tell('good', '${steps.always.status}')],
    onFailure: [tell('bad')],
  });
  expect(told()).toEqual(['a is done', '200']);
  expect(result).toMatchObject({ status: 'done', steps: [{ id: 'a' }, { id: 'always' }, { id: 'good' }] });
  expect(result.steps).toHaveLength(3);
});

test('finally and onFailure follow a run that failed', async () => {
  world.engine.behave = () => ({ status: 'failed', message: 'no' });
  const { message } = await failureOf(
    world.run([sql('a'), sql('b')], {
      finally: [tell('always', '${steps.a.state}, ${steps.b.state}')],
      onSuccess: [tell('good')],
      onFailure: [tell('bad', '${failure.step} failed')],
    }),
  );
  expect(message).toBe('step a, attempt 1 of 1: JobFailed: no');
  expect(told()).toEqual(['failed, waiting', 'a failed']);
});

test('finally also follows a cancellation, and its own jobs run to their end', async () => {
  world.engine.behave = () => ({ status: 'running' });
  const cleanUp = sql('cleanUp');
  const handle = await world.start([sql('a')], {
    finally: [cleanUp, tell('always')],
    onSuccess: [tell('good')],
  });
  await running(handle);
  await handle.cancel();
  await world.until(handle, (now) => now.steps[1]?.detail?.includes('job-') ?? false);
  await handle.cancel();
  world.engine.end(`job-${world.engine.submissions.length}`, { status: 'done' });
  await handle.result().catch(() => {});
  const progress = await world.progress(handle);
  expect(progress.status).toBe('cancelled');
  expect(['a', 'cleanUp', 'always'].map((id) => stateOf(progress, id))).toEqual([
    'cancelled',
    'done',
    'done',
  ]);
  expect(told()).toEqual(['always']);
  expect(await world.records.read(progress.pipeline, '2001-01-05')).toMatchObject({ status: 'cancelled' });
});

test('a failure in finally or onSuccess fails the run, and onFailure tells it', async () => {
  world.engine.behave = () => ({ status: 'failed', message: 'no' });
  for (const list of ['finally', 'onSuccess'] as const) {
    world.messages.length = 0;
    const more = { [list]: [sql('late')], onFailure: [tell('bad', '${failure.step}')] };
    expect((await failureOf(world.run([tell('a')], more))).message).toBe(
      'step late, attempt 1 of 1: JobFailed: no',
    );
    expect(told()).toEqual(['a', 'late']);
  }
  const forgiven = { finally: [sql('late', { allowFailure: true })] };
  expect(await world.run([tell('a')], forgiven)).toMatchObject({ status: 'done' });
});

test('a run whose time is up stops its jobs, and fails after finally and onFailure', async () => {
  world.engine.behave = () => ({ status: 'running' });
  const before = world.engine.cancelled.length;
  const handle = await world.start([tell('first'), sql('a'), sql('b')], {
    timeoutMs: 3_000,
    finally: [tell('always')],
    onFailure: [tell('bad', '${failure.step}: ${failure.message}')],
  });
  const { type, message, details } = await failureOf(handle.result());
  expect({ type, message }).toEqual({
    type: 'JobFailed',
    message: 'step a, attempt 1 of 1: JobFailed: the run timed out after 3s',
  });
  expect(details?.[0]).toMatchObject({ step: 'a', ref: expect.stringMatching(/^job-/) });
  expect(world.engine.cancelled.length - before).toBe(1);
  expect(told()).toEqual(['first', 'always', 'a: the run timed out after 3s']);
  expect(await world.progress(handle)).toMatchObject({
    status: 'failed',
    steps: [
      { state: 'done' },
      { state: 'cancelled' },
      { state: 'waiting' },
      { state: 'done' },
      { state: 'done' },
    ],
  });
});

test('the time of a run is not up when its steps have ended', async () => {
  const more = { timeoutMs: 60_000, finally: [tell('always')] };
  expect(await world.run([sql('a')], more)).toMatchObject({ status: 'done' });
});
