import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { JobSpec } from '../../src/ports.ts';
import { measureOutput } from '../../src/storage/measure.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { ended } from '../contract/engine.ts';
import { makeQuboleWorld, type QuboleWorld } from '../contract/qubole-world.ts';
import { installed } from './spark-cluster.ts';

/* The stand-in for Qubole, with a Spark of this machine for what is Hive's and Spark's. */

let world: QuboleWorld;
let keys = 0;
const before = process.env['SPARK_HOME'];

beforeAll(async () => {
  process.env['SPARK_HOME'] = installed().spark;
  world = await makeQuboleWorld();
});
afterAll(async () => {
  if (before === undefined) delete process.env['SPARK_HOME'];
  else process.env['SPARK_HOME'] = before;
  await world?.close();
});

async function run(spec: JobSpec) {
  const ref = await world.engine.submit(spec, `on-spark-${(keys += 1)}`);
  const state = await ended(world.engine, ref);
  const { results } = (await world.ask('GET', `v1.2/commands/${ref.id}/results`)) as { results?: string };
  return { ...state, results };
}

const spark = (app: Extract<JobSpec, { kind: 'spark' }>['app'], ...args: string[]): JobSpec => ({
  kind: 'spark',
  app,
  arguments: args,
  conf: {},
  options: [],
});

test('Hive writes a folder', async () => {
  const path = join(world.folder, 'hive/');
  const query = `INSERT OVERWRITE DIRECTORY '${path}' STORED AS PARQUET SELECT id, id * 2 AS twice FROM range(3)`;
  expect(await run({ kind: 'hive', query })).toMatchObject({ status: 'done' });
  expect(await measureOutput(createObjectStore({}), { path, format: 'parquet' })).toMatchObject({ rows: 3 });
});

test('Spark runs SQL, a program and a command line', async () => {
  const program =
    'import sys\nfrom pyspark.sql import SparkSession\nprint(SparkSession.builder.getOrCreate().range(5).count(), sys.argv[1:])';
  expect(await run(spark({ form: 'sql', sql: 'SELECT 1 UNION ALL SELECT 2' }))).toMatchObject({
    status: 'done',
    results: '1\n2\n',
  });
  expect(await run(spark({ form: 'program', program, language: 'python' }, 'a', 'b c'))).toMatchObject({
    status: 'done',
    results: "5 ['a', 'b c']\n",
  });
  const cmdline = '/usr/lib/spark/bin/spark-submit --version';
  expect(await run(spark({ form: 'cmdline', cmdline }))).toMatchObject({ status: 'done' });
});

test('what Spark refuses is the reason', async () => {
  const failed = await run({ kind: 'hive', query: 'SELECT delayy FROM (SELECT 1 AS delay)' });
  expect(failed).toMatchObject({
    status: 'failed',
    message: expect.stringMatching(/^\[UNRESOLVED_COLUMN.*`delayy`/),
  });
});
