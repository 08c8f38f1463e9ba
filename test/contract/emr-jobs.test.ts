import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  DescribeClusterCommand,
  GetAutoTerminationPolicyCommand,
  ListClustersCommand,
  ListStepsCommand,
  PutAutoTerminationPolicyCommand,
  TerminateJobFlowsCommand,
} from '@aws-sdk/client-emr';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { jobKey } from '../../src/domain/key.ts';
import type { ClusterRef, JobEngine, JobSpec, SparkSpec } from '../../src/ports.ts';
import { measureOutput } from '../../src/storage/measure.ts';
import { ended, newKey } from './engine.ts';
import { eventually } from './emr-stand-in.ts';
import { LAUNCH, makeEmrWorld, shell, type EmrWorld } from './emr-world.ts';

let world: EmrWorld;
beforeAll(async () => void (world = await makeEmrWorld()));
afterAll(() => world?.close());

const run = async (spec: JobSpec, engine: JobEngine = world.engine) => {
  const { found: _, ...ref } = await engine.submit(spec, newKey());
  return { ref, state: await ended(engine, ref) };
};

const spark = (app: SparkSpec['app'], more: Partial<SparkSpec> = {}): SparkSpec => ({
  kind: 'spark',
  app,
  arguments: [],
  conf: {},
  options: [],
  ...more,
});

describe('jobs of each kind', () => {
  const FLIGHTS = 's3://lake/flights/';
  beforeAll(async () => {
    await world.standIn.store.write(`${FLIGHTS}a.csv`, 'origin,delay\nJFK,10\nSFO,20\nJFK,30\n');
  });

  test('sql writes the rows of its query, in place of those of the run before', async () => {
    const output = { path: 's3://lake/routes/', format: 'parquet' } as const;
    const spec = (limit: number): JobSpec => ({
      kind: 'sql',
      inputs: { flights: { path: FLIGHTS, format: 'csv' } },
      query: `SELECT origin, avg(delay) AS mean FROM flights WHERE origin <> 'it''s' GROUP BY origin LIMIT ${limit}; -- all`,
      output,
    });
    for (const rows of [2, 1]) {
      const { state } = await run(spec(rows));
      expect(state).toMatchObject({ status: 'done' });
      expect(await measureOutput(world.standIn.store, output)).toMatchObject({ rows, files: 1 });
    }
  });

  test('sql that is wrong fails with Spark’s words', async () => {
    const { state } = await run({
      kind: 'sql',
      inputs: { flights: { path: FLIGHTS, format: 'csv' } },
      query: 'SELECT delayy FROM flights',
      output: { path: 's3://lake/none/', format: 'parquet' },
    });
    expect(state).toMatchObject({ status: 'failed', message: expect.stringContaining('"delayy" not found') });
    expect(state.logTail).toContain('Error in query');
  });

  test('a job without input says which path is empty', async () => {
    const { state } = await run({
      kind: 'sql',
      inputs: { flights: { path: 's3://lake/nothing/', format: 'csv' } },
      query: 'SELECT * FROM flights',
      output: { path: 's3://lake/none/', format: 'parquet' },
    });
    expect(state.message).toBe('[PATH_NOT_FOUND] Path does not exist: s3://lake/nothing/.');
  });

  test('hive runs a text and a script that is stored', async () => {
    const query = `
      CREATE EXTERNAL TABLE flights (origin string, delay int) STORED AS CSV LOCATION "${FLIGHTS}";
      INSERT OVERWRITE DIRECTORY 's3://lake/hive/' STORED AS PARQUET SELECT * FROM flights WHERE delay > 15`;
    const output = { path: 's3://lake/hive/', format: 'parquet' } as const;
    expect((await run({ kind: 'hive', query, output })).state.status).toBe('done');
    expect(await measureOutput(world.standIn.store, output)).toMatchObject({ rows: 2 });
    await world.standIn.store.write('s3://lake/code/bad.hql', 'SELECT * FROM nowhere');
    const { state } = await run({ kind: 'hive', script: 's3://lake/code/bad.hql' });
    expect(state).toMatchObject({ status: 'failed', message: expect.stringContaining('nowhere') });
  });

  test('spark runs SQL, a Python file and a program', async () => {
    const { store } = world.standIn;
    await store.write('s3://lake/code/job.py', 'import sys\nprint("hears " + " ".join(sys.argv[1:]))\n');
    const python = await run(
      spark(
        { form: 'python', python: 's3://lake/code/job.py' },
        { arguments: ['a b', '--c'], conf: { 'spark.x': '1' } },
      ),
    );
    expect(python.state.status).toBe('done');
    expect((await world.engine.logs(python.ref)).lines).toEqual(['hears a b --c']);
    const sql = await run(
      spark({ form: 'sql', sql: 'SELECT 1 AS one; SELECT `two` FROM (SELECT "it\'s" AS two)' }),
    );
    expect((await world.engine.logs(sql.ref)).lines).toEqual(expect.arrayContaining(['1', "it's"]));
    const program =
      'from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate().sql("SELECT nope")\n';
    const failed = await run(spark({ form: 'program', program, language: 'python' }));
    expect(failed.state).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/AnalysisException: .*nope/),
    });
  });

  test('what EMR has not is refused', async () => {
    for (const spec of [
      spark({ form: 'cmdline', cmdline: 'x.py' }),
      spark({ form: 'program', program: 'object X', language: 'scala' }),
      { kind: 'hive', query: 'SELECT 1', hiveVersion: '3.1' },
      { kind: 'chain', commands: [], push: false },
    ] satisfies JobSpec[]) {
      await expect(world.engine.submit(spec, newKey())).rejects.toMatchObject({ type: 'Rejected' });
    }
  });
});

describe('shell', () => {
  test('gives its values, whatever is in its script and its variables', async () => {
    const script = 'printf \'{"day": "%s", "n": 2}\' "$DAY" > "$MILLRACE_OUTPUT"';
    const spec = shell(script, { DAY: "it's $HOME now" });
    const { ref, state } = await run(spec);
    expect(state.status).toBe('done');
    expect(await world.engine.outcome?.(ref, 'shell')).toEqual({
      exitCode: 0,
      values: { day: "it's $HOME now", n: 2 },
    });
  });

  test('needs to write none, and says all of it into the log', async () => {
    const { ref } = await run(shell('echo out; echo err >&2'));
    expect(await world.engine.outcome?.(ref, 'shell')).toEqual({ exitCode: 0 });
    expect((await world.engine.logs(ref)).lines).toEqual(['out', 'err']);
  });

  test('a script that is too long for an argument goes by S3', async () => {
    const { ref, state } = await run(
      shell(`# ${'x'.repeat(20_000)}\necho "long, and $HOW"`, { HOW: 'it works' }),
    );
    expect(state.status).toBe('done');
    expect((await world.engine.logs(ref)).lines).toEqual(['long, and it works']);
  });

  test('values that are no JSON object fail the job', async () => {
    const { ref } = await run(shell('echo nonsense > "$MILLRACE_OUTPUT"'));
    await expect(world.engine.outcome?.(ref, 'shell')).rejects.toMatchObject({ type: 'JobFailed' });
  });

  test('a script that was cancelled can clean up, and is killed if it will not end', async () => {
    // A step is running before its script has come to its first line.
    const up = join(await mkdtemp(join(tmpdir(), 'millrace-emr-')), 'up');
    const spec = shell('trap "echo cleans up; exit 1" TERM; touch "$UP"; while :; do sleep 0.1; done', {
      UP: up,
    });
    const { found: _, ...ref } = await world.engine.submit(spec, newKey());
    await eventually(async () => existsSync(up));
    await rm(dirname(up), { recursive: true });
    await world.engine.cancel(ref);
    expect((await world.engine.logs(ref)).lines).toContain('cleans up');
    const stubborn = shell('trap "" TERM INT; while :; do sleep 0.1; done');
    const { found: __, ...other } = await world.engine.submit(stubborn, newKey());
    await eventually(() => isRunning(other));
    await world.engine.cancel(other);
    expect((await world.engine.poll([other])).get(other.id)).toMatchObject({ status: 'cancelled' });
  });
});

const isRunning = async (ref: { id: string; key: string }) => {
  const state = (await world.engine.poll([ref])).get(ref.id);
  return state !== undefined && 'status' in state && state.status === 'running';
};

describe('steps', () => {
  test('as many as a cluster takes: throttled, and nothing against asking', async () => {
    const engine = world.engineWith({});
    const step = { Name: 'fills', HadoopJarStep: { Jar: 'command-runner.jar', Args: ['sleep', '300'] } };
    const full = { JobFlowId: world.cluster, Steps: Array.from({ length: 250 }, () => step) };
    const { StepIds = [] } = await world.client.send(new AddJobFlowStepsCommand(full));
    const more = { ...full, Steps: Array.from({ length: 6 }, () => step) };
    const { StepIds: others = [] } = await world.client.send(new AddJobFlowStepsCommand(more));
    const refs = [...StepIds, ...others].map((id) => ({ id: `${world.cluster}/${id}`, key: 'fills' }));
    await expect(engine.submit(shell('true'), newKey())).rejects.toMatchObject({
      type: 'Throttled',
      message: expect.stringContaining('Maximum number of active steps'),
      retryAfterMs: expect.any(Number),
    });
    expect((await engine.poll(refs)).size).toBe(256);
    const all = { ClusterId: world.cluster, StepIds: [...StepIds, ...others] };
    await world.client.send(new CancelStepsCommand({ ...all, StepCancellationOption: 'TERMINATE_PROCESS' }));
  });

  test('an ID that is none, or of a cluster that EMR does not know, is not known', async () => {
    const refs = ['nonsense', 'j-NONE/s-NONE', `${world.cluster}/s-NONE`].map((id) => ({ id, key: 'x' }));
    const { ref } = await run(shell('true'));
    expect([...(await world.engine.poll([...refs, ref])).keys()]).toEqual([ref.id]);
    for (const unknown of refs) await world.engine.cancel(unknown);
  });
});

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
    const { ref } = await run(shell('echo on a cluster of its own'), engine);
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
