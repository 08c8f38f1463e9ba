import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newKey } from './engine.ts';
import { makeQuboleWorld, shell, type QuboleWorld } from './qubole-world.ts';

let world: QuboleWorld;
beforeAll(async () => {
  world = await makeQuboleWorld();
});
afterAll(() => world.close());

describe('the cluster', () => {
  const etl = () => world.engineWith({ cluster: 'etl' });
  const state = async () => ((await world.ask('GET', 'v1.2/clusters/etl/state')) as { state: string }).state;
  const down = async () => {
    await world.ask('PUT', 'v1.2/clusters/etl/state', { state: 'terminate' });
    while ((await state()) !== 'DOWN');
  };

  test('is started and waited for, and ended by whom it was started', async () => {
    await down();
    const first = await etl().ensureCluster({ release: 'always' }, 'k');
    expect(first).toMatchObject({ ready: false, started: true });
    let ref = first;
    while (!ref.ready) ref = await etl().ensureCluster({ release: 'always' }, 'k', ref);
    expect(ref).toMatchObject({ id: 'etl', ready: true, started: true });
    expect(await etl().ensureCluster({ release: 'always' }, 'other')).toMatchObject({
      ready: true,
      started: false,
    });
    await etl().releaseCluster?.('etl');
    while ((await state()) !== 'DOWN');
    await etl().releaseCluster?.('etl');
  });

  test('that others still use is not ended under them', async () => {
    let ref = await etl().ensureCluster({ release: 'always' }, 'k');
    while (!ref.ready) ref = await etl().ensureCluster({ release: 'always' }, 'k', ref);
    const job = await etl().submit(shell('sleep 300'), newKey());
    await etl().releaseCluster?.('etl');
    expect(await state()).toBe('UP');
    expect(await world.ask('GET', 'v2.2/clusters/etl')).toMatchObject({
      cluster_info: { disallow_cluster_termination: false },
    });
    await etl().cancel(job);
    await etl().releaseCluster?.('etl');
    while ((await state()) !== 'DOWN');
  });

  test('that can’t come up is JobFailed, with the reason', async () => {
    await down();
    await world.order('_clusters/etl', { failure: 'no spot instances' });
    let ref = await etl().ensureCluster({ release: 'keep' }, 'k');
    const failure = (async () => {
      for (;;) ref = await etl().ensureCluster({ release: 'keep' }, 'k', ref);
    })();
    await expect(failure).rejects.toMatchObject({
      type: 'JobFailed',
      message: expect.stringContaining('no spot instances'),
    });
    await world.order('_clusters/etl', { failure: null });
  });

  test('that was ended by somebody while it started is JobFailed', async () => {
    await down();
    await world.order('_clusters/etl', { bootMs: 60_000 });
    const ref = await etl().ensureCluster({ release: 'keep' }, 'k');
    const pending = await etl().ensureCluster({ release: 'keep' }, 'k', ref);
    expect(pending.state).toBe('PENDING');
    await world.order('_clusters/etl', { bootMs: 20 });
    await down();
    await expect(etl().ensureCluster({ release: 'keep' }, 'k', pending)).rejects.toMatchObject({
      type: 'JobFailed',
      message: expect.stringContaining('Terminated by a user'),
    });
  });

  test('ends by itself with release: whenIdle', async () => {
    const engineWithHours = world.engineWith({ cluster: 'etl', idleHours: 3 });
    let ref = await engineWithHours.ensureCluster({ release: 'whenIdle' }, 'k');
    while (!ref.ready) ref = await engineWithHours.ensureCluster({ release: 'whenIdle' }, 'k', ref);
    expect(await world.ask('GET', 'v2.2/clusters/etl')).toMatchObject({
      cluster_info: { idle_cluster_timeout: 3, disallow_cluster_termination: false },
    });
  });
});
