import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { WorkState } from '../../src/ports.ts';
import { ended, newKey, stateOf, until } from '../contract/engine.ts';
import { FaultProxy } from '../contract/fault-proxy.ts';
import { makeSparkWorld, type SparkWorld } from './spark-world.ts';

/* Where a standalone master forgets, or cannot say. */

let world: SparkWorld;
beforeAll(async () => {
  world = await makeSparkWorld();
});
afterAll(() => world?.close());

const isRunning = ({ status }: WorkState) => status === 'running';

/** Submits through a connection that breaks before the answer. */
async function submitInVain(spec: ReturnType<SparkWorld['script']>, key: string): Promise<void> {
  const proxy = await FaultProxy.start(world.cluster.url);
  try {
    proxy.next(({ method }) => method === 'POST', { kind: 'lost' });
    const engine = world.engineWith({ url: proxy.url, requestTimeoutMs: 2_000 });
    await expect(engine.submit(spec, key)).rejects.toMatchObject({ type: 'Unavailable' });
  } finally {
    await proxy.close();
  }
}

test('a driver that waits for a worker may be the one that was asked for: nothing is submitted beside it', async () => {
  const key = newKey();
  const large = { ...world.script('quick'), conf: { 'spark.driver.cores': '99' } };
  await submitInVain(large, key);
  await expect(world.engine.submit(large, key)).rejects.toMatchObject({
    type: 'Unavailable',
    message: expect.stringMatching(/may be one of driver-\d+-\d+, which wait for a worker/),
  });
  const { activedrivers } = (await (await fetch(`${world.cluster.url}/json/`)).json()) as {
    activedrivers: { id: string }[];
  };
  expect(activedrivers).toHaveLength(1);
  await world.engine.cancel({ id: activedrivers[0]?.id ?? '', key });
});

test('a job outlives the death of the master; what had ended is forgotten, and nothing of it is guessed', async () => {
  const { found: _, ...over } = await world.engine.submit(world.quick(), newKey());
  await ended(world.engine, over);
  const { found: _too, ...ref } = await world.engine.submit(world.slow(), newKey());
  await until(world.engine, ref, isRunning);
  const unanswered = newKey();
  await submitInVain(world.script('quick'), unanswered);
  while ((await world.begun({ id: '', key: unanswered })) === 0) await stateOf(world.engine, ref);

  await world.cluster.killMaster();
  await expect(world.engine.poll([ref])).rejects.toMatchObject({ type: 'Unavailable' });
  await world.cluster.startMaster();

  expect((await stateOf(world.engine, ref)).status).toBe('running');
  await world.engine.cancel(ref);
  expect((await stateOf(world.engine, ref)).status).toBe('cancelled');
  expect(await world.begun(ref)).toBe(1);

  expect((await world.engine.poll([over])).size).toBe(0);
  expect((await world.engine.submit(world.quick(), over.key)).found).toBe(true);
  await expect(world.engine.cancel(over)).rejects.toMatchObject({ type: 'JobLost' });

  await expect(world.engine.submit(world.quick(), unanswered)).rejects.toMatchObject({ type: 'JobLost' });
  expect(await world.begun({ id: '', key: unanswered })).toBe(1);
});
