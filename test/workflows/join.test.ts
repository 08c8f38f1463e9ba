import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TemporalRuns } from '../../src/triggers/runs.ts';
import { createWorld, sql, type World } from './world.ts';

let world: World;

// On the development server: the one that skips time now and then loses a workflow task in this very race.
beforeAll(async () => {
  world = await createWorld({ resets: true });
});
afterAll(async () => world.close());

test('a cancellation while the run of the interval is being opened stops that run as well', async () => {
  world.engine.behave = () => ({ status: 'running' });
  const name = 'opened';
  world.define(name);
  const joins = await world.client.workflow.start('pipeline', {
    taskQueue: 'test',
    workflowId: 'opens and is cancelled',
    args: [{ pipeline: name, interval: '2001-01-05' }],
  });
  for (let asked = false; !asked;) {
    const { raw } = await joins.describe();
    asked = raw.pendingActivities?.some(({ activityType }) => activityType?.name !== 'openRun') ?? false;
  }
  await joins.cancel();
  await joins.result().catch(() => {});
  const run = world.client.workflow.getHandle(`${name}/2001-01-05`);
  expect((await run.describe()).status.name).toBe('CANCELLED');
});

test('who waits no longer gives up the request that it waits by, and the run goes on', async () => {
  world.engine.behave = () => ({ status: 'running' });
  const handle = await world.start([sql('a')]);
  const runs = new TemporalRuns(world.client, 'test', world.records);
  for (const wait of [
    (signal: AbortSignal) => runs.result({ workflowId: handle.workflowId }, signal),
    (signal: AbortSignal) => runs.ended(handle.workflowId, signal),
  ]) {
    const leaving = new AbortController();
    const waiting = wait(leaving.signal);
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ type: 'Unavailable' });
  }
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await handle.cancel();
  await handle.result().catch(() => {});
});

test('who joins tells of which run, and what it came to', async () => {
  world.engine.behave = () => ({ status: 'done' });
  world.define('joined');
  const start = (workflowId: string, interval?: string) =>
    world.client.workflow.start('pipeline', {
      taskQueue: 'test',
      workflowId,
      args: [{ pipeline: 'joined', ...(interval && { interval }) }],
    });
  for (const id of ['by-hand', 'tick/joined-2001-01-06T02:30:00Z', 'joined/2001-01-04']) {
    const joins = await start(id, '2001-01-05');
    await joins.result();
    expect(await joins.query('progress')).toMatchObject({
      ...{ workflowId: id, pipeline: 'joined', interval: '2001-01-05', status: 'done' },
      steps: [{ id: 'a', state: 'done' }],
    });
  }
  const refused = await start('refused', 'yesterday');
  await refused.result().catch(() => {});
  expect(await refused.query('progress')).toMatchObject({ pipeline: 'joined', status: 'failed', steps: [] });

  world.engine.behave = () => ({ status: 'running' });
  const cancelled = await start('cancelled', '2001-01-05');
  await cancelled.cancel();
  await cancelled.result().catch(() => {});
  expect(await cancelled.query('progress')).toMatchObject({ pipeline: 'joined', status: 'cancelled' });
});
