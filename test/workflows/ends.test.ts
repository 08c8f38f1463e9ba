import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { EtlError } from '../../src/domain/failure.ts';
import { failureOf } from '../failure-of.ts';
import { createWorld, sql, stateOf, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  world.engine.behave = () => ({ status: 'done' });
  world.engine.fault = () => {};
});

test('an activation that somebody else cancels fails the run, which is never taken for done', async () => {
  world.dataPipelines.onActivate = () => {
    for (const instance of world.dataPipelines.instancesOf) instance.status = 'RUNNING';
  };
  const handle = await world.start([
    step('activateDataPipeline', 'export', { name: 'foreign', params: {} }),
    sql('after'),
  ]);
  const child = world.client.workflow.getHandle('data-pipeline/df-foreign');
  await world.until(handle, () => world.dataPipelines.activations.length > 0);
  await child.cancel();
  const failure = await failureOf(handle.result());
  expect(failure).toMatchObject({
    type: 'JobFailed',
    message: expect.stringMatching(/cancelled from outside/),
  });
  expect(stateOf(await world.progress(handle), 'export')).toBe('failed');
});

test('a job that timed out is told with its ref and its log', async () => {
  world.engine.behave = () => ({ status: 'running' });
  const { message, details } = await failureOf(world.run([sql('a', { timeoutMs: 500 })]));
  expect(message).toBe('step a, attempt 1 of 1: JobFailed: timed out after 500ms');
  expect(details?.[0]).toMatchObject({
    ref: expect.stringMatching(/^job-/),
    log: expect.stringMatching(/^\/logs\//),
  });
});

test('a step that failed before its first attempt is told without one', async () => {
  const { message } = await failureOf(world.run([sql('a', { when: '1 + 1' })]));
  expect(message).toMatch(/^step a: Rejected: /);
});

test('a job that was abandoned while it was stopped leaves no words of it behind', async () => {
  world.engine.behave = () => ({ status: 'running' });
  world.engine.fault = (call) => {
    if (call === 'cancel') throw new EtlError('Unavailable', 'the engine is away');
  };
  const handle = await world.start([sql('a')]);
  await world.until(handle, (now) => now.steps[0]?.detail?.includes('job-') ?? false);
  await handle.cancel();
  await world.until(handle, (now) => now.steps[0]?.detail?.startsWith('stops') ?? false);
  await handle.executeUpdate('abandon', { args: [{ step: 'a' }] });
  await handle.result().catch(() => {});
  expect((await world.progress(handle)).steps[0]).toMatchObject({ state: 'cancelled', detail: null });
});

test('a cancelled run says which job it could not stop', async () => {
  world.engine.behave = () => ({ status: 'running' });
  world.engine.fault = (call) => {
    if (call === 'cancel') throw new EtlError('Rejected', 'no permission');
  };
  const handle = await world.start([sql('a')]);
  await world.until(handle, (now) => now.steps[0]?.detail?.includes('job-') ?? false);
  await handle.cancel();
  await handle.result().catch(() => {});
  expect((await world.progress(handle)).steps[0]).toMatchObject({
    state: 'cancelled',
    detail: 'could not stop the job: no permission',
  });
});

test('a job that is lost again and again is not resubmitted without a pause', async () => {
  const before = world.engine.submissions.length;
  world.engine.fault = (call) => {
    if (call === 'poll') throw new EtlError('JobLost', 'nobody knows it');
  };
  const retry = { attempts: 1, delayMs: 1_000 };
  const handle = await world.start([sql('a', { onLost: 'resubmit', retry })]);
  await world.until(handle, (now) => now.steps[0]?.detail?.includes('submits it again') ?? false);
  expect(world.engine.submissions.length).toBe(before + 1);
  world.engine.fault = () => {};
  expect(await handle.result()).toMatchObject({ status: 'done' });
  expect(world.engine.submissions.length).toBe(before + 2);
});

test('a run whose results are too much for one answer ends all the same', async () => {
  const steps = ['a', 'b', 'c', 'd'].map((id) => {
    for (let n = 0; n < 1_000; n += 1) world.stored.set(`s3://big/${id}/${n}${'z'.repeat(700)}`, 'x');
    return step('waitForData', id, { path: `s3://big/${id}/`, count: 1 });
  });
  const result = await world.run(steps);
  expect(result).toMatchObject({
    status: 'done',
    steps: [{ result: { count: 1_000, attempts: 1 } }, {}, {}, {}],
  });
  expect(JSON.stringify(result).length).toBeLessThan(10_000);
});

test('a job that timed out and could not be stopped is not joined by a second one', async () => {
  world.engine.behave = () => ({ status: 'running' });
  world.engine.fault = (call) => {
    if (call === 'cancel') throw new EtlError('Rejected', 'no permission to cancel');
  };
  const before = world.engine.submissions.length;
  const handle = await world.start([sql('a', { timeoutMs: 300, retry: { attempts: 3, delayMs: 1 } })]);
  const { message } = await failureOf(handle.result());
  expect(message).toBe('step a, attempt 1 of 3: JobFailed: timed out after 300ms');
  expect(world.engine.submissions.length - before).toBe(1);
  const [step] = (await world.progress(handle)).steps;
  expect(step).toMatchObject({ state: 'failed', detail: 'could not stop the job: no permission to cancel' });
});
