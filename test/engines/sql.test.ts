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

/** Each file's number is a power of two, so that a sum says which files it comes from. */
const TREE = {
  'a.parquet': 1,
  'dt=1/b.parquet': 2,
  'dt=1/sub/c.parquet': 4,
  // A folder with the name of a file.
  'z.parquet/d.parquet': 8,
  '_h/h.parquet': 16,
  '_h.parquet': 32,
  'dt=1/.x/x.parquet': 64,
};

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

const seed = async (files: Record<string, string>, folder: string, format: FileFormat): Promise<void> => {
  for (const [file, query] of Object.entries(files)) await world.put(query, `s3://${folder}/${file}`, format);
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

  test('a path means the same files', async () => {
    const files = Object.entries(TREE).map(([file, id]) => [file, `SELECT ${id} AS id`] as const);
    await seed(Object.fromEntries(files), 'raw/tree', 'parquet');
    const paths: Record<string, [path: string, files: number]> = {
      folder: ['', 15],
      across: ['**/*.parquet', 15],
      named: ['**/?.parquet', 15],
      below: ['**/c*', 4],
      folders: ['dt=?/', 6],
      any: ['*/', 14],
      files: ['*.parquet', 1],
      all: ['*', 1],
      second: ['*/*', 10],
      start: ['*a.parquet', 1],
      one: ['a.parquet', 1],
      hidden: ['_h/', 16],
    };
    const spec: SqlSpec = {
      kind: 'sql',
      inputs: Object.fromEntries(
        Object.entries(paths).map(([input, [path]]) => [`t_${input}`, at(`raw/tree/${path}`, 'parquet')]),
      ),
      query: Object.keys(paths)
        .map((input) => `SELECT '${input}' AS input, cast(sum(id) AS int) AS files FROM t_${input}`)
        .join(' UNION ALL '),
      output: at('lake/tree/ENGINE/', 'parquet'),
    };
    const sums = Object.entries(paths).map(([input, [, sum]]) => [input, sum]);
    for (const engine of ['duckdb', name] as const) {
      const [, ...rows] = await run(engine, spec);
      expect(Object.fromEntries(rows as [string, number][])).toEqual(Object.fromEntries(sums));
    }
  });

  test.each<[FileFormat, string, string]>([
    ['parquet', '', "2 AS id, 'b' AS name, 'later' AS other"],
    ['json', '', "2 AS id, 'b' AS name, 'later' AS other"],
    ['csv', 'dt=2001-01-02/*', "2 AS id, 'b' AS name"],
  ])('select * over folders like dt= has the columns of the files, of %s', async (format, path, later) => {
    const files = { 'dt=2001-01-01/a': "SELECT 1 AS id, 'a' AS name", 'dt=2001-01-02/b': `SELECT ${later}` };
    await seed(files, `raw/days-${format}`, format);
    const spec: SqlSpec = {
      kind: 'sql',
      inputs: { v: at(`raw/days-${format}/${path}`, format) },
      query: 'SELECT * FROM v;',
      output: at(`lake/days-${format}/ENGINE/`, format),
    };
    const [rows, expected] = [await run(name, spec), await run('duckdb', spec)];
    expect(rows).toEqual(expected);
    expect(JSON.stringify(rows)).not.toContain('dt');
  });

  test('files of CSV with other columns are put together by names, or not at all', async () => {
    const files = { 'a.csv': "SELECT 1 AS id, 'a' AS name", 'b.csv': "SELECT 'b' AS name, 2 AS id" };
    await seed(files, 'raw/turned', 'csv');
    const spec: SqlSpec = {
      kind: 'sql',
      inputs: { v: at('raw/turned/', 'csv') },
      query: 'SELECT name, cast(id AS int) AS id FROM v',
      output: at('lake/turned/ENGINE/', 'json'),
    };
    const [, ...rows] = await run('duckdb', spec);
    expect(rows).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    const engine = world.engines[name];
    const state = await ended(engine, await engine.submit(spec, newKey()));
    expect(state).toMatchObject({ status: 'failed' });
    expect(`${state.message} ${state.logTail}`).toContain('CSV header does not conform to the schema');
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
