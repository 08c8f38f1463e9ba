import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/domain/definition.ts';
import type { Progress } from '../../src/domain/run.ts';
import { EtlError } from '../../src/domain/failure.ts';
import { failureOf } from '../failure-of.ts';
import { createWorld, sql, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  world.engine.behave = () => ({ status: 'done' });
  world.engine.fault = () => {};
  world.messages.length = 0;
});

const tell = (list: string | Json[], concurrency = 4, message = '${item}') =>
  step('notify', 'tell', { webhook: 'oncall', message }, { forEach: { list, concurrency } });
const told = () => world.messages.map(({ text }) => text);
const each = (list: string | Json[], concurrency = 4, more = {}) =>
  sql('a', { forEach: { list, concurrency }, ...more });

describe('a step with forEach', () => {
  test('does what it does for each item, and has their results as a list', async () => {
    const { steps } = await world.run([each(['x', 'y', { deep: [1] }])]);
    expect(steps[0]).toMatchObject({
      id: 'a',
      state: 'done',
      attempt: 1,
      result: {
        count: 3,
        rows: 21,
        attempts: 1,
        results: [
          { item: 'x', rows: 7, ref: expect.stringMatching(/^job-/), attempts: 1 },
          { item: 'y', rows: 7 },
          { item: { deep: [1] }, rows: 7 },
        ],
      },
      items: [
        { id: 'a[x]', item: 'x', state: 'done', attempt: 1 },
        { id: 'a[y]' },
        { id: expect.stringMatching(/^a\[[0-9a-f]{12}\]$/) },
      ],
    });
  });

  test('takes its list from an expression, and shows the item to what it does alone', async () => {
    const result = await world.run([
      tell('${["b", "a"].map(x, x + "!")}', 1, 'item ${item}'),
      step('notify', 'after', {
        webhook: 'oncall',
        message: '${size(steps.tell.results)} ${steps.tell.count}',
      }),
    ]);
    expect(result.status).toBe('done');
    expect(told()).toEqual(['item b!', 'item a!', '2 2']);
  });

  test('is done at once with an empty list', async () => {
    const { steps } = await world.run([tell([])]);
    expect(steps[0]).toMatchObject({ state: 'done', result: { count: 0, results: [] } });
  });

  test('gives each item a key of its own, the same wherever it stands in the list', async () => {
    const keysOf = async (list: Json[]) => {
      const before = world.engine.submissions.length;
      await world.run([each(list)]);
      const keys = world.engine.submissions.slice(before).map((key) => key.split('-').slice(2).join('-'));
      return keys.sort();
    };
    const keys = await keysOf(['x', 'y', 3]);
    expect(new Set(keys).size).toBe(3);
    expect(await keysOf([3, 'y', 'x'])).toEqual(keys);
  });

  test('keeps no more than so many running', async () => {
    const list = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const before = world.engine.submissions.length;
    world.engine.behave = () => ({ status: 'running' });
    const running = (now: Progress) => now.steps[0]?.items?.filter(({ detail }) => detail?.includes('job-'));
    const handle = await world.start([each(list, 3)]);
    await world.until(handle, (now) => running(now)?.length === 3);
    expect((await world.progress(handle)).steps[0]?.detail).toBe('0 of 7 done');
    world.engine.end(`job-${before + 2}`, { status: 'done' });
    await world.until(handle, (now) => now.steps[0]?.detail === '1 of 7 done' && running(now)?.length === 3);
    expect(world.engine.submissions.length - before).toBe(4);
    world.engine.behave = () => ({ status: 'done' });
    for (const nth of [1, 3, 4]) world.engine.end(`job-${before + nth}`, { status: 'done' });
    expect(await handle.result()).toMatchObject({ status: 'done' });
  });

  test.each<[string | Json[], string]>([
    ['${params.none}', 'forEach comes to null, not to a list'],
    ['${"text"}', 'forEach comes to "text", not to a list'],
    [['a', 'b', 'a'], 'forEach has "a" twice'],
    [[1, '1'], 'forEach has "1" twice'],
    [Array.from({ length: 1_001 }, (_, n) => n), 'forEach comes to 1001 items; there may be 1000'],
  ])('refuses the list %j', async (list, message) => {
    expect(await failureOf(world.run([tell(list)]))).toMatchObject({
      type: 'Rejected',
      message: `step tell: Rejected: ${message}`,
    });
  });

  test('starts nothing new after a failure, and fails with it', async () => {
    let jobs = 0;
    world.engine.behave = () => ({ status: 'failed', message: `no ${(jobs += 1)}` });
    const before = world.engine.submissions.length;
    const { message, details } = await failureOf(world.run([each(['x', 'y', 'z'], 1)]));
    expect(message).toMatch(/^step a: JobFailed: a\[x\], attempt 1 of 1: no \d+$/);
    expect(details?.[0]).toMatchObject({ step: 'a', ref: expect.stringMatching(/^job-/) });
    expect(world.engine.submissions.length - before).toBe(1);
  });

  test('tries every item where it may fail', async () => {
    world.engine.behave = () => ({ status: 'failed', message: 'no' });
    const before = world.engine.submissions.length;
    const steps = [
      each(['x', 'y', 'z'], 1, { allowFailure: true }),
      step('notify', 'after', { webhook: 'oncall', message: '${steps.a.state}' }),
    ];
    expect(await world.run(steps)).toMatchObject({ status: 'done' });
    expect(world.engine.submissions.length - before).toBe(3);
    expect(told()).toEqual(['failed']);
  });

  test('retries an item by itself', async () => {
    const first = world.engine.submissions.length + 1;
    world.engine.behave = (nth) =>
      nth === first ? { status: 'failed', message: 'once' } : { status: 'done' };
    const { steps } = await world.run([each(['x', 'y'], 1, { retry: { attempts: 2, delayMs: 1_000 } })]);
    expect(steps[0]).toMatchObject({ state: 'done', attempt: 2, items: [{ attempt: 2 }, { attempt: 1 }] });
  });

  test('stops all of them when the run is cancelled', async () => {
    world.engine.behave = () => ({ status: 'running' });
    const before = world.engine.cancelled.length;
    const handle = await world.start([each(['x', 'y', 'z'], 2)]);
    await world.until(
      handle,
      (now) => now.steps[0]?.items?.filter(({ detail }) => detail?.includes('job-')).length === 2,
    );
    await handle.cancel();
    await handle.result().catch(() => {});
    expect(world.engine.cancelled.length - before).toBe(2);
    expect((await world.progress(handle)).steps[0]).toMatchObject({
      state: 'cancelled',
      items: [{ state: 'cancelled' }, { state: 'cancelled' }, { state: 'waiting' }],
    });
  });

  test('lets a lost item be decided about by its id', async () => {
    world.engine.fault = (call) => {
      if (call === 'poll') throw new EtlError('JobLost', 'nobody knows it');
    };
    const handle = await world.start([each(['x'])]);
    await world.until(handle, (now) => now.steps[0]?.items?.[0]?.state === 'lost');
    world.engine.fault = () => {};
    await handle.executeUpdate('resubmit', { args: [{ step: 'a[x]' }] });
    expect(await handle.result()).toMatchObject({ status: 'done' });
  });
});
