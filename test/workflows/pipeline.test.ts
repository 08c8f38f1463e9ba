import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
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
  world.engine.submissions.length = 0;
  world.engine.cancelled.length = 0;
});

describe('steps', () => {
  test('run in order, and later ones see the results of earlier ones', async () => {
    const put = { path: 's3://out/note-${steps.a.rows}.txt', content: 'rows: ${steps.a.rows}' };
    const result = await world.run([sql('a'), step('putObject', 'note', put)]);
    expect(result.status).toBe('done');
    expect(result.steps.map(({ id, state, attempt }) => [id, state, attempt])).toEqual([
      ['a', 'done', 1],
      ['note', 'done', 1],
    ]);
    expect(result.steps[0]?.result).toMatchObject({
      rows: 7,
      files: 1,
      bytes: 70,
      attempts: 1,
      output: { path: 's3://out/a/', format: 'parquet' },
    });
    expect(world.stored.get('s3://out/note-7.txt')).toBe('rows: 7');
  });

  test('are skipped when their condition is false, and only they', async () => {
    const result = await world.run([
      sql('a'),
      sql('b', { when: 'steps.a.rows > 10' }),
      sql('c', { when: 'steps.b.state == "skipped" && steps.b.rows == null' }),
    ]);
    expect(result.steps.map(({ state }) => state)).toEqual(['done', 'skipped', 'done']);
  });

  test('with needs run side by side, and are skipped when all that they need was', async () => {
    world.engine.behave = () => ({ status: 'running' });
    const handle = await world.start([
      sql('a', { needs: [] }),
      sql('b', { needs: [] }),
      sql('c', { needs: ['a'], when: 'false' }),
      sql('d', { needs: ['c'] }),
      sql('e', { needs: ['a', 'b'] }),
    ]);
    await world.until(handle, (now) => stateOf(now, 'a') === 'running' && stateOf(now, 'b') === 'running');
    world.engine.behave = () => ({ status: 'done' });
    for (const { ref } of world.engine.jobs.values()) world.engine.end(ref.id, { status: 'done' });
    const result = await handle.result();
    expect(result.steps.map(({ state }: { state: string }) => state)).toEqual([
      'done',
      'done',
      'skipped',
      'skipped',
      'done',
    ]);
  });

  test('whose condition is no boolean fail for good and name the place', async () => {
    const { type, message } = await failureOf(
      world.run([sql('a', { when: '1 + 1', whenAt: 'x.yaml:7', retry: { attempts: 3, delayMs: 1 } })]),
    );
    expect(type).toBe('Rejected');
    expect(message).toContain('x.yaml:7');
    expect(world.engine.submissions).toHaveLength(0);
  });

  test('of a failed run do not start any more, onFailure does, and the failure says it all', async () => {
    world.engine.behave = () => ({ status: 'failed', message: 'column "delayy" not found' });
    const onFailure = [
      step('notify', 'broken', {
        webhook: 'oncall',
        message: '${run.id}: ${failure.step}: ${failure.message}',
      }),
    ];
    const { type, message, details } = await failureOf(world.run([sql('a'), sql('b')], { onFailure }));
    expect(type).toBe('JobFailed');
    expect(message).toBe('step a, attempt 1 of 1: JobFailed: column "delayy" not found');
    expect(details?.[0]).toMatchObject({
      step: 'a',
      ref: 'job-1',
      log: expect.stringContaining('/logs/mr-'),
    });
    expect(world.engine.submissions).toHaveLength(1);
    expect(world.messages.at(-1)?.text).toMatch(/^p\d+\/2001-01-05: a: column "delayy" not found$/);
  });

  test('that may fail let the run go on', async () => {
    world.engine.behave = (nth) => ({ status: nth === 1 ? 'failed' : 'done' });
    const result = await world.run([
      sql('a', { allowFailure: true }),
      sql('b', { when: 'steps.a.state == "failed"' }),
    ]);
    expect(result).toMatchObject({ status: 'done', steps: [{ state: 'failed' }, { state: 'done' }] });
  });
});

describe('a job', () => {
  test('that failed is submitted again under a new key, after the delay', async () => {
    world.engine.behave = (nth) => ({ status: nth < 3 ? 'failed' : 'done' });
    const result = await world.run([sql('a', { retry: { attempts: 3, delayMs: 3_600_000 } })]);
    expect(result.steps[0]).toMatchObject({ state: 'done', attempt: 3, result: { attempts: 3 } });
    expect(world.engine.submissions.map((key) => key.split('-').at(-1))).toEqual(['1', '2', '3']);
  });

  test('whose submission was answered by nothing is found by its key', async () => {
    let lost = 0;
    world.engine.fault = (call) => {
      if (call === 'submit' && (lost += 1) === 1) throw new EtlError('Unavailable', 'connection reset');
    };
    const result = await world.run([sql('a')]);
    expect(result.status).toBe('done');
    expect(world.engine.submissions).toHaveLength(1);
  });

  test('that takes too long is stopped, and then tried again', async () => {
    world.engine.behave = (nth) => ({ status: nth === 1 ? 'running' : 'done' });
    const handle = await world.start([sql('a', { timeoutMs: 500, retry: { attempts: 2, delayMs: 1 } })]);
    const result = await handle.result();
    expect(result.steps[0]).toMatchObject({ state: 'done', attempt: 2 });
    expect(world.engine.cancelled).toEqual(['job-1']);
  });

  test('is stopped when the run is cancelled, and the run then says so', async () => {
    world.engine.behave = () => ({ status: 'running' });
    const handle = await world.start([sql('a'), sql('b')]);
    await world.until(handle, (now) => now.steps[0]?.detail?.includes('job-1') ?? false);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    expect(await handle.describe()).toMatchObject({ status: { name: 'CANCELLED' } });
    expect(world.engine.cancelled).toEqual(['job-1']);
    const progress = await world.progress(handle);
    expect(progress.status).toBe('cancelled');
    expect(progress.steps.map(({ state }) => state)).toEqual(['cancelled', 'waiting']);
  });

  test('whose engine never confirms its end is let go by abandon', async () => {
    world.engine.behave = () => ({ status: 'running' });
    world.engine.fault = (call) => {
      if (call === 'cancel') throw new EtlError('Unavailable', 'the engine is away');
    };
    const handle = await world.start([sql('a')]);
    await world.until(handle, (now) => now.steps[0]?.detail?.includes('job-1') ?? false);
    await expect(handle.executeUpdate('abandon', { args: [{ step: 'a' }] })).rejects.toThrow();
    await handle.cancel();
    await world.until(handle, (now) => now.steps[0]?.detail?.startsWith('stops') ?? false);
    await handle.executeUpdate('abandon', { args: [{ step: 'a' }] });
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    expect(await handle.describe()).toMatchObject({ status: { name: 'CANCELLED' } });
  });
});

describe('a lost job', () => {
  async function lose() {
    world.engine.behave = () => ({ status: 'running' });
    const handle = await world.start([sql('a')]);
    await world.until(handle, (now) => now.steps[0]?.detail?.includes('job-1') ?? false);
    world.engine.forget('job-1');
    await world.until(handle, (now) => stateOf(now, 'a') === 'lost');
    world.engine.behave = () => ({ status: 'done' });
    return handle;
  }

  test('stops the step until it is submitted again', async () => {
    const handle = await lose();
    await handle.executeUpdate('resubmit', { args: [{ step: 'a' }] });
    expect(await handle.result()).toMatchObject({ status: 'done', steps: [{ state: 'done', attempt: 1 }] });
    expect(world.engine.submissions).toHaveLength(2);
  });

  test('is taken up by its ref', async () => {
    const handle = await lose();
    await world.engine.submit(
      { kind: 'sql', inputs: {}, query: '', output: { path: 'x/', format: 'csv' } },
      'by hand',
    );
    await handle.executeUpdate('adopt', { args: [{ step: 'a', ref: 'job-2' }] });
    expect(await handle.result()).toMatchObject({ status: 'done', steps: [{ result: { ref: 'job-2' } }] });
  });

  test('that is abandoned fails the run', async () => {
    const handle = await lose();
    await expect(handle.executeUpdate('resubmit', { args: [{ step: 'zzz' }] })).rejects.toThrow();
    await handle.executeUpdate('abandon', { args: [{ step: 'a' }] });
    expect((await failureOf(handle.result())).type).toBe('JobLost');
  });

  test('is submitted again by itself where the step says so', async () => {
    world.engine.behave = (nth) => ({ status: nth === 1 ? 'running' : 'done' });
    const handle = await world.start([sql('a', { onLost: 'resubmit' })]);
    await world.until(handle, (now) => now.steps[0]?.detail?.includes('job-1') ?? false);
    world.engine.forget('job-1');
    expect(await handle.result()).toMatchObject({ status: 'done' });
  });
});

describe('a wrong start', () => {
  const start = (args: unknown[], workflowId: string) =>
    world.client.workflow.execute('pipeline', { taskQueue: 'test', workflowId, args });

  test.each([
    ['an unknown field', [{ pipeline: 'p1', intervall: '2001-01-05' }], /intervall/],
    ['an unknown pipeline', [{ pipeline: 'nope' }], /nope/],
    ['no input', [], /\{"pipeline":"flights-daily"/],
    ['a text', ['p1'], /expected object/],
  ])('with %s fails at once', async (name, args, message) => {
    const failure = await failureOf(start(args, `wrong ${name}`));
    expect(failure.type).toBe('Rejected');
    expect(failure.message).toMatch(message);
  });

  test('with a day that does not exist fails at once', async () => {
    await world.run([sql('a')], { name: 'known' }).catch(() => {});
    const name = [...world.definitions.keys()].at(-1);
    const failure = await failureOf(start([{ pipeline: name, interval: '2001-02-31' }], 'wrong day'));
    expect(failure.message).toMatch(/2001-02-31/);
  });
});

describe('another workflow ID', () => {
  test('opens the run of the interval and returns its result', async () => {
    const handle = await world.start([sql('a')]);
    await handle.result();
    const [name] = handle.workflowId.split('/');
    const args = [{ pipeline: name, interval: '2001-01-06' }];
    const result = await world.client.workflow.execute('pipeline', {
      taskQueue: 'test',
      workflowId: 'by hand',
      args,
    });
    expect(result).toMatchObject({
      status: 'done',
      interval: '2001-01-06',
      steps: [{ id: 'a', state: 'done' }],
    });
    const description = await world.client.workflow.getHandle(`${name}/2001-01-06`).describe();
    expect(description.status.name).toBe('COMPLETED');
  });

  test('joins the run that is open, and leaves it alone when it is cancelled itself', async () => {
    world.engine.behave = () => ({ status: 'running' });
    const handle = await world.start([sql('a')]);
    const [name] = handle.workflowId.split('/');
    await world.until(handle, (now) => now.steps[0]?.detail?.includes('job-1') ?? false);
    const args = [{ pipeline: name, interval: '2001-01-05' }];
    const joined = await world.client.workflow.start('pipeline', {
      taskQueue: 'test',
      workflowId: 'looks on',
      args,
    });
    await waitForActivity(joined.workflowId, 'awaitRun');
    await joined.cancel();
    await expect(joined.result()).rejects.toThrow(WorkflowFailedError);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    world.engine.end('job-1', { status: 'done' });
    expect(await handle.result()).toMatchObject({ status: 'done' });
  });

  test('passes its cancellation on to the run that it started', async () => {
    world.engine.behave = () => ({ status: 'done' });
    await (await world.start([sql('a')])).result();
    const name = [...world.definitions.keys()].at(-1);
    world.engine.behave = () => ({ status: 'running' });
    const args = [{ pipeline: name, interval: '2001-01-07' }];
    const opener = await world.client.workflow.start('pipeline', {
      taskQueue: 'test',
      workflowId: 'opens',
      args,
    });
    await waitForActivity(opener.workflowId, 'awaitRun');
    await opener.cancel();
    await expect(opener.result()).rejects.toThrow(WorkflowFailedError);
    const run = world.client.workflow.getHandle(`${name}/2001-01-07`);
    expect((await run.describe()).status.name).toBe('CANCELLED');
  });
});

async function waitForActivity(workflowId: string, type: string): Promise<void> {
  for (;;) {
    const { raw } = await world.client.workflow.getHandle(workflowId).describe();
    if (raw.pendingActivities?.some(({ activityType }) => activityType?.name === type)) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
