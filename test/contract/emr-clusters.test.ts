import {
  DescribeClusterCommand,
  GetAutoTerminationPolicyCommand,
  ListClustersCommand,
  ListStepsCommand,
  PutAutoTerminationPolicyCommand,
  TerminateJobFlowsCommand,
} from '@aws-sdk/client-emr';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { jobKey } from '../../src/domain/key.ts';
import type { ClusterRef, JobEngine } from '../../src/ports.ts';
import { ended, newKey } from './engine.ts';
import { eventually } from './emr-stand-in.ts';
import { LAUNCH, makeEmrWorld, shell, type EmrWorld } from './emr-world.ts';

let world: EmrWorld;
beforeAll(async () => void (world = await makeEmrWorld()));
afterAll(() => world?.close());

describe('clusters', () => {
  const named = async (name: string) => {
    const { Clusters = [] } = await world.client.send(new ListClustersCommand({}));
    return Clusters.filter(({ Name }) => Name === name);
  };
  const stateOf = async (id: string) =>
    (await world.client.send(new DescribeClusterCommand({ ClusterId: id }))).Cluster?.Status?.State;
  const idleTimeoutOf = async (id: string) =>
    (await world.client.send(new GetAutoTerminationPolicyCommand({ ClusterId: id }))).AutoTerminationPolicy
      ?.IdleTimeout;
  const up = async (
    engine: JobEngine,
    release: 'keep' | 'whenIdle' | 'always',
    key: string,
    from?: ClusterRef,
  ) => {
    let cluster = from;
    return eventually(async () => {
      cluster = await engine.ensureCluster({ release }, key, cluster);
      return cluster.ready && cluster;
    });
  };
  const keyOf = (digit: string) => jobKey(digit.repeat(32), 'cluster', 1);

  test('one that is up is used as it is', async () => {
    const cluster = await world.engine.ensureCluster({ release: 'keep' }, newKey());
    expect(cluster).toEqual({ id: world.cluster, ready: true, started: false, state: expect.any(String) });
    expect(await idleTimeoutOf(world.cluster)).toBeUndefined();
    const byName = await world.engineWith({ cluster: 'shared' }).ensureCluster({ release: 'keep' }, newKey());
    expect(byName.id).toBe(world.cluster);
  });

  test('is launched once, waited for, and known by the run that launched it', async () => {
    const engine = world.engineWith({ cluster: 'launched', launch: LAUNCH });
    const first = await engine.ensureCluster({ release: 'whenIdle' }, keyOf('a'));
    expect(first).toMatchObject({ ready: false, started: true });
    // An answer that was lost: the same step asks again, with nothing in hand.
    expect(await engine.ensureCluster({ release: 'whenIdle' }, keyOf('a'))).toMatchObject({
      id: first.id,
      started: true,
    });
    expect(await engine.ensureCluster({ release: 'keep' }, keyOf('b'))).toMatchObject({
      id: first.id,
      started: false,
    });
    await up(engine, 'whenIdle', keyOf('a'), first);
    expect(await idleTimeoutOf(first.id)).toBe(3_600);
    const { found: _, ...ref } = await engine.submit(shell('echo on a cluster of its own'), newKey());
    await ended(engine, ref);
    expect(ref.id).toContain(first.id);
    const AutoTerminationPolicy = { IdleTimeout: 60 };
    await world.client.send(
      new PutAutoTerminationPolicyCommand({ ClusterId: first.id, AutoTerminationPolicy }),
    );
    await eventually(async () => (await stateOf(first.id)) === 'TERMINATED');
    // What ran there is known still, also by its key.
    expect((await engine.poll([ref])).get(ref.id)).toMatchObject({ status: 'done' });
    expect(await engine.find(ref.key)).toEqual(ref);
  });

  test('several that launch at once end with one', async () => {
    const engines = ['c', 'd', 'e'].map((digit) => ({
      key: keyOf(digit),
      engine: world.engineWith({ cluster: 'crowd', launch: LAUNCH }),
    }));
    const found = await Promise.all(
      engines.map(({ engine, key }) => engine.ensureCluster({ release: 'always' }, key)),
    );
    const [{ id } = { id: '' }] = found;
    expect(new Set(found.map((each) => each.id)).size).toBe(1);
    expect(found.filter(({ started }) => started)).toHaveLength(1);
    const living = (await named('crowd')).filter(({ Status }) => !Status?.State?.startsWith('TERMINAT'));
    expect(living.map(({ Id }) => Id)).toEqual([id]);
    await engines[0]?.engine.releaseCluster(id);
    await eventually(async () => (await stateOf(id)) === 'TERMINATED');
    await engines[0]?.engine.releaseCluster(id);
  });

  test('one that others still use is not ended under them', async () => {
    const engine = world.engineWith({ cluster: 'busy', launch: LAUNCH });
    const { id } = await up(engine, 'always', keyOf('f'));
    const { found: _, ...ref } = await engine.submit(shell('sleep 300'), newKey());
    await engine.releaseCluster(id);
    expect(await stateOf(id)).not.toMatch(/TERMINAT/);
    await engine.cancel(ref);
    await eventually(async () => (await stateOf(id)) === 'TERMINATED');
  });

  test('one whose bootstrap fails is a failed job, with the reason', async () => {
    await world.standIn.store.write('s3://lake/code/fail.sh', 'exit 1');
    const BootstrapActions = [{ Name: 'broken', ScriptBootstrapAction: { Path: 's3://lake/code/fail.sh' } }];
    const engine = world.engineWith({ cluster: 'broken', launch: { ...LAUNCH, BootstrapActions } });
    await expect(up(engine, 'keep', keyOf('1'))).rejects.toMatchObject({
      type: 'JobFailed',
      message: expect.stringMatching(/TERMINAT\w+: BOOTSTRAP_FAILURE: .*non-zero return code/),
    });
  });

  test('one that vanishes while it is waited for is a failed job', async () => {
    const engine = world.engineWith({ cluster: 'vanishing', launch: LAUNCH });
    const before = await engine.ensureCluster({ release: 'keep' }, keyOf('2'));
    await world.client.send(new TerminateJobFlowsCommand({ JobFlowIds: [before.id] }));
    await expect(engine.ensureCluster({ release: 'keep' }, keyOf('2'), before)).rejects.toMatchObject({
      type: 'JobFailed',
      message: expect.stringContaining('USER_REQUEST'),
    });
    const gone = { ...before, id: 'j-NEVERWAS' };
    await expect(engine.ensureCluster({ release: 'keep' }, keyOf('2'), gone)).rejects.toMatchObject({
      type: 'JobFailed',
      message: expect.stringContaining('does not know'),
    });
  });

  test('where none is up and none may be launched, it is said what to do', async () => {
    const engine = world.engineWith({ cluster: 'nobody' });
    await expect(engine.ensureCluster({ release: 'keep' }, newKey())).rejects.toMatchObject({
      type: 'Rejected',
      message: 'no cluster named nobody is up; start one, or give the engine emr a name and `launch`',
    });
    await expect(engine.submit(shell('true'), newKey())).rejects.toMatchObject({
      type: 'Rejected',
      message: expect.stringContaining('ensureCluster'),
    });
  });

  test('a step that the end of its cluster interrupts has failed', async () => {
    const engine = world.engineWith({ cluster: 'ending', launch: LAUNCH });
    const { id } = await up(engine, 'keep', keyOf('3'));
    const { found: _, ...ref } = await engine.submit(shell('sleep 300'), newKey());
    await eventually(async () => {
      const { Steps } = await world.client.send(
        new ListStepsCommand({ ClusterId: id, StepStates: ['RUNNING'] }),
      );
      return Steps?.length;
    });
    await world.client.send(new TerminateJobFlowsCommand({ JobFlowIds: [id] }));
    expect(await ended(engine, ref)).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('INTERRUPTED'),
    });
  });
});
