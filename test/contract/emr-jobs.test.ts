import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AddJobFlowStepsCommand, CancelStepsCommand } from '@aws-sdk/client-emr';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { JobEngine, JobSpec, SparkSpec } from '../../src/ports.ts';
import { measureOutput } from '../../src/storage/measure.ts';
import { ended, newKey } from './engine.ts';
import { eventually } from './emr-stand-in.ts';
import { makeEmrWorld, shell, type EmrWorld } from './emr-world.ts';

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
