import { AddJobFlowStepsCommand, CancelStepsCommand } from '@aws-sdk/client-emr';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { newKey } from './engine.ts';
import { STAGING } from './emr-stand-in.ts';
import { makeEmrWorld, type EmrWorld } from './emr-world.ts';
import { FaultProxy } from './fault-proxy.ts';

/* A cluster with so many steps that EMR may leave out the older ones. */

const PER_REQUEST = 250;

let world: EmrWorld;
beforeAll(async () => {
  world = await makeEmrWorld();
  const step = { Name: 'fills', HadoopJarStep: { Jar: 'command-runner.jar', Args: ['sleep', '300'] } };
  for (let count = 0; count < 1_000; count += PER_REQUEST) {
    const Steps = Array.from({ length: PER_REQUEST }, () => step);
    const { StepIds = [] } = await world.client.send(
      new AddJobFlowStepsCommand({ JobFlowId: world.cluster, Steps }),
    );
    const all = { ClusterId: world.cluster, StepIds, StepCancellationOption: 'TERMINATE_PROCESS' as const };
    await world.client.send(new CancelStepsCommand(all));
    const ids = StepIds.map((id) => ({ id: `${world.cluster}/${id}`, key: 'fills' }));
    for (const id of ids.slice(0, 8)) await world.engine.cancel(id);
  }
});
afterAll(() => world?.close());

test('a key that was never sent is submitted, once', async () => {
  const key = newKey();
  expect(await world.engine.find(key)).toBeUndefined();
  const { found, ...ref } = await world.engine.submit(world.quick(), key);
  expect(found).toBe(false);
  expect(await world.another().submit(world.quick(), key)).toEqual({ ...ref, found: true });
});

test('one whose answer was lost is not guessed about, unless EMR lists all steps since', async () => {
  const proxy = await FaultProxy.start(world.standIn.url);
  try {
    const key = newKey();
    const engine = world.http?.engineAt(proxy.url);
    proxy.next((request) => world.http?.isSubmission(request) ?? false, { kind: 'answer', status: 503 });
    await expect(engine?.submit(world.quick(), key)).rejects.toMatchObject({ type: 'Unavailable' });
    await expect(world.engine.submit(world.quick(), key)).rejects.toMatchObject({
      type: 'JobLost',
      message: expect.stringMatching(/was sent at .* look for a step of that name on the cluster/),
    });
    const { store } = world.standIn;
    const [note] = await store.list(`${STAGING}${key}/sent-*.json`);
    await store.write(note?.path ?? '', JSON.stringify({ atMs: Date.now() + 600_000 }));
    expect((await world.engine.submit(world.quick(), key)).found).toBe(false);
  } finally {
    await proxy.close();
  }
});

test('one that EMR refused leaves nothing to guess about', async () => {
  const proxy = await FaultProxy.start(world.standIn.url);
  try {
    const key = newKey();
    const engine = world.http?.engineAt(proxy.url);
    const refusal = { kind: 'answer', status: 400, body: '{"__type":"ThrottlingException"}' } as const;
    proxy.next((request) => world.http?.isSubmission(request) ?? false, refusal);
    await expect(engine?.submit(world.quick(), key)).rejects.toMatchObject({ type: 'Throttled' });
    expect((await world.engine.submit(world.quick(), key)).found).toBe(false);
  } finally {
    await proxy.close();
  }
});
