import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { FileFormat, FileSet, JobEngine, SparkSpec, SqlSpec } from '../../src/ports.ts';
import { ended, newKey, until } from '../contract/engine.ts';
import { DAY, makeSqlWorld, type SqlWorld } from './sql-world.ts';

/* One SQL on DuckDB, on a standalone Spark and on a Livy with Spark, over S3: the same rows. */

let world: SqlWorld;
beforeAll(async () => {
  world = await makeSqlWorld();
});
afterAll(() => world?.close());

const at = (path: string, format: FileFormat): FileSet => ({ path: `s3://${path}`, format });

async function run(name: keyof SqlWorld['engines'], spec: SqlSpec, columns?: string): Promise<unknown[]> {
  const engine: JobEngine = world.engines[name];
  const output = { ...spec.output, path: spec.output.path.replace('ENGINE', name) };
  const state = await ended(engine, await engine.submit({ ...spec, output }, newKey()));
  expect(state).toMatchObject({ status: 'done' });
  return world.rows(output, columns);
}

const python = async (name: string, text: string): Promise<SparkSpec> => {
  const file = join(world.folder, `${name}.py`);
  await writeFile(
    file,
    `from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n${text}\n`,
  );
  const app = { form: 'python', python: `file://${file}` } as const;
  return {
    kind: 'spark',
    app,
    arguments: ['3', 'a b'],
    conf: { 'spark.sql.shuffle.partitions': '1' },
    options: [],
  };
};

describe.each(['spark', 'livy'] as const)('%s', (name) => {
  test('the example’s query over a day of flights', async () => {
    const text = await readFile(new URL('../../examples/flights/routes.sql', import.meta.url), 'utf8');
    const spec: SqlSpec = {
      kind: 'sql',
      inputs: { flights: at(`raw/flights/dt=${DAY}/`, 'parquet') },
      query: text.replaceAll('${interval.date}', `DATE '${DAY}'`),
      output: at('lake/routes/ENGINE/', 'parquet'),
    };
    const [rows, expected] = [await run(name, spec), await run('duckdb', spec)];
    expect(expected).toHaveLength(3_157);
    expect(rows).toEqual(expected);
  });

  test.each<[FileFormat, FileFormat]>([
    ['parquet', 'csv'],
    ['csv', 'json'],
    ['json', 'parquet'],
  ])('values that are easily got wrong, from %s to %s', async (from, to) => {
    const spec: SqlSpec = {
      kind: 'sql',
      inputs: { v: at(`raw/${from}/`, from) },
      query: `SELECT id, name, price, cast(amount AS decimal(10, 2)) AS amount, cast(day AS date) AS day,
        cast(moment AS timestamp) AS moment, ok, cast(n AS bigint) AS n, '\${x}' AS template FROM v -- to the end`,
      output: at(`lake/${from}-${to}/ENGINE/`, to),
    };
    // How many digits a fraction of a second has is nobody's promise, but that it is one.
    const columns = '* REPLACE (CAST(moment AS TIMESTAMP) AS moment)';
    expect(await run(name, spec, columns)).toEqual(await run('duckdb', spec, columns));
  });

  test('a Python program with arguments, and its log', async () => {
    const engine = world.engines[name];
    const spec = await python(
      'sum',
      "import sys\nprint('sum', spark.range(int(sys.argv[1])).groupBy().sum('id').first()[0], sys.argv[2])",
    );
    const ref = await engine.submit(spec, newKey());
    expect(await ended(engine, ref)).toMatchObject({ status: 'done' });
    expect((await engine.logs(ref)).lines).toContain('sum 3 a b');
  });

  test('a script of SQL that fails says why', async () => {
    const engine = world.engines[name];
    const app = { form: 'sql', sql: "SELECT 1 AS one; SELECT delayy FROM (SELECT ';' AS delay)" } as const;
    const spec: SparkSpec = { kind: 'spark', app, arguments: [], conf: {}, options: [] };
    const state = await ended(engine, await engine.submit(spec, newKey()));
    expect(state).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^AnalysisException: .*`delayy` cannot be resolved/),
    });
    expect(state.logTail).toContain('delayy');
  });

  test('a job that is cancelled works no longer', async () => {
    const engine = world.engines[name];
    const beat = join(world.folder, `${name}-beat`);
    const spec = await python(
      `${name}-endless`,
      `while True:\n    spark.range(10).count()\n    open('${beat}', 'a').write('.')`,
    );
    const ref = await engine.submit(spec, newKey());
    await until(engine, ref, ({ status }) => status === 'running');
    const beats = async () => (await readFile(beat).catch(() => '')).length;
    while ((await beats()) === 0)
      expect((await engine.poll([ref])).get(ref.id)).toMatchObject({ status: 'running' });
    await engine.cancel(ref);
    expect((await ended(engine, ref)).status).toBe('cancelled');
    // The program notices at its next word to Spark.
    for (let last = -1, now = await beats(); now !== last; now = await beats()) {
      last = now;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  });
});
