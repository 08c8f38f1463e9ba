import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { listInputs } from '../../src/engines/duckdb/launch.ts';
import { oneLine } from '../../src/engines/duckdb/message.ts';
import { runSql } from '../../src/engines/duckdb/run-sql.ts';
import type { S3Access } from '../../src/engines/duckdb/settings.ts';
import type { ObjectStore } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { makeDuckdbWorld, type DuckdbWorld } from './duckdb-world.ts';
import { ended } from './engine.ts';
import { httpfs, localS3, startMinistack } from './ministack.ts';

const SECRET = 'xyzzy-secret';
const DAY = 's3://raw/flights/dt=2001-01-01/';

let world: DuckdbWorld;
let engine: ReturnType<DuckdbWorld['engineWith']>;
let store: ObjectStore;
let server: Awaited<ReturnType<typeof startMinistack>>;
let file: string;
let s3: S3Access;
let tried = 0;

beforeAll(async () => {
  [world, server] = await Promise.all([makeDuckdbWorld(), startMinistack()]);
  const { region, ...credentials } = localS3;
  store = createObjectStore({ s3: { endpoint: server.endpoint, region, credentials, forcePathStyle: true } });
  for (const bucket of ['raw', 'lake', 'secretb'])
    await fetch(`${server.endpoint}/${bucket}`, { method: 'PUT' });
  await store.write(`${DAY}a.csv`, 'origin,delay\nJFK,1\nLAX,2\n');
  await store.write(`${DAY}_other.csv`, `origin,delay\n${SECRET},1\n`);
  await store.write('s3://secretb/x.csv', `origin,delay\n${SECRET},1\n`);
  file = join(world.folder, 'x.csv');
  writeFileSync(file, `origin,delay\n${SECRET},1\n`);
  s3 = { ...localS3, endpoint: server.endpoint, urlStyle: 'path' };
  engine = world.engineWith({ store, ...(httpfs && { httpfs }), s3 });
});
afterAll(async () => {
  await world.close();
  await server.stop();
});

const inputs = { flights: { path: DAY, format: 'csv' as const } };

/** What a job's process does, without the process: there are many queries to try. */
async function run(query: string) {
  tried += 1;
  const target = `s3://lake/${tried}/part-0.json`;
  const output = { path: `s3://lake/${tried}/`, format: 'json' as const };
  const spec = { kind: 'sql' as const, inputs, query, output };
  const settings = {
    memory: '256MB',
    threads: 1,
    maxJobs: 1,
    maxTempSize: undefined,
    httpfs,
    extensions: join(world.folder, 'extensions'),
    s3,
    files: await listInputs(store, spec),
  };
  try {
    await runSql(spec, target, join(world.folder, 'tmp'), settings);
  } catch (error) {
    return { message: oneLine((error as Error).message), rows: '' };
  }
  return { message: undefined, rows: Buffer.from(await store.read(target)).toString() };
}

describe('what a query may say', () => {
  test.each([
    ['a SELECT', 'SELECT count(*) AS n FROM flights', '{"n":2}'],
    [
      'a semicolon and comments at its end',
      'SELECT count(*) AS n FROM flights /* ; */ ; -- it; is\n;\n',
      '{"n":2}',
    ],
    ['FROM first', 'FROM flights SELECT max(delay) AS n', '{"n":2}'],
    ['a table by another case', 'SELECT count(*) AS n FROM "Flights"', '{"n":2}'],
    ['TABLE', 'WITH f AS (TABLE flights) SELECT count(*) AS n FROM f', '{"n":2}'],
    ['VALUES', 'SELECT sum(v) AS n FROM (VALUES (1), (2)) t(v)', '{"n":3}'],
    [
      'a CTE with the name of an input',
      'WITH flights AS (FROM flights LIMIT 1) SELECT count(*) AS n FROM flights',
      '{"n":1}',
    ],
    [
      'nested CTEs',
      'WITH a AS (WITH b AS (FROM flights) FROM b), c AS (FROM a) SELECT count(*) AS n FROM c',
      '{"n":2}',
    ],
    [
      'recursion',
      'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT max(n) AS n FROM r',
      '{"n":4}',
    ],
    [
      'joins and subqueries',
      'SELECT count(*) AS n FROM flights f JOIN flights g USING (origin) WHERE f.delay = (SELECT max(delay) FROM flights h WHERE h.origin = f.origin)',
      '{"n":2}',
    ],
    [
      'LATERAL and unnest',
      'SELECT sum(u) AS n FROM flights f, LATERAL (SELECT unnest([f.delay, 10]) AS u)',
      '{"n":23}',
    ],
    [
      'set operations',
      'SELECT count(*) AS n FROM (FROM flights UNION ALL FROM flights EXCEPT ALL SELECT * FROM flights)',
      '{"n":2}',
    ],
    [
      'window functions',
      'SELECT max(r) AS n FROM (SELECT row_number() OVER (ORDER BY delay) AS r FROM flights)',
      '{"n":2}',
    ],
    [
      'COLUMNS and lambdas',
      "SELECT len(list_filter([1, 2], lambda x: x > 1)) AS n FROM (SELECT COLUMNS('del.*') FROM flights) LIMIT 1",
      '{"n":1}',
    ],
    [
      'PIVOT with its values',
      "SELECT JFK AS n FROM (PIVOT flights ON origin IN ('JFK', 'LAX') USING sum(delay)) WHERE JFK IS NOT NULL",
      '{"n":1}',
    ],
    ['generated rows', 'SELECT count(*) AS n FROM range(3) a, generate_series(1, 2) b', '{"n":6}'],
    [
      'words in strings',
      "SELECT count(*) AS n FROM flights WHERE origin <> 'read_text(''s3://secretb/x.csv''); DROP'",
      '{"n":2}',
    ],
  ])('%s', async (_, query, row) => {
    const { message, rows } = await run(query);
    expect({ message, row: rows.trim().replaceAll('"2"', '2') }).toEqual({ message: undefined, row });
  });
});

describe('what a query may not reach', () => {
  const ONLY = /declare (it|what it reads) under `inputs`/;
  test.each([
    ['another bucket', "SELECT * FROM 's3://secretb/x.csv'", ONLY],
    ['another bucket by ..', `SELECT * FROM read_text('${DAY}../../../secretb/x.csv')`, ONLY],
    [
      'another bucket by .. from a file',
      `SELECT * FROM read_text('${DAY}a.csv/../../../../secretb/x.csv')`,
      ONLY,
    ],
    [
      'another bucket by an encoded ..',
      `SELECT * FROM read_csv('${DAY}%2e%2e/%2e%2e/%2e%2e/secretb/x.csv')`,
      ONLY,
    ],
    ['a hidden file', `FROM read_csv('${DAY}_other.csv')`, ONLY],
    ['a hidden file by name', `FROM "${DAY}_other.csv"`, ONLY],
    ['a local file', () => `SELECT * FROM '${file}'`, ONLY],
    [
      'a local file in a subquery',
      () => `SELECT (SELECT content FROM read_text('${file}')) AS x FROM flights`,
      ONLY,
    ],
    ['a local file in a join', () => `FROM flights JOIN read_csv('${file}') USING (delay)`, ONLY],
    ['a local file in EXISTS', () => `FROM flights WHERE EXISTS (FROM '${file}')`, ONLY],
    ['a local file in ORDER BY', () => `FROM flights ORDER BY (SELECT delay FROM '${file}')`, ONLY],
    ['a local file in LIMIT', () => `FROM flights LIMIT (SELECT delay FROM '${file}')`, ONLY],
    ['a local file in a set operation', () => `FROM flights UNION ALL FROM '${file}'`, ONLY],
    ['a local file in a nested CTE', () => `WITH a AS (WITH b AS (FROM '${file}') FROM b) FROM a`, ONLY],
    ['a local file in a LATERAL', () => `FROM flights, LATERAL (FROM '${file}')`, ONLY],
    [
      'a local file in a lambda',
      () => `SELECT list_transform([1], lambda x: (SELECT origin FROM '${file}')) FROM flights`,
      ONLY,
    ],
    ['a local file in PIVOT', () => `FROM (PIVOT '${file}' ON origin IN ('a') USING sum(delay))`, ONLY],
    [
      'a local file in FILTER',
      () => `SELECT sum(delay) FILTER (delay = (SELECT delay FROM '${file}')) FROM flights`,
      ONLY,
    ],
    [
      'a local file in a window',
      () => `SELECT sum(delay) OVER (ORDER BY (SELECT 1 FROM '${file}')) FROM flights`,
      ONLY,
    ],
    ['a local file in VALUES', () => `VALUES ((SELECT origin FROM '${file}'))`, ONLY],
    [
      'a local file as an argument of a table function',
      () => `FROM range((SELECT delay FROM '${file}'))`,
      ONLY,
    ],
    [
      'a local file by a CTE of its name',
      () => `WITH "${file}" AS (FROM "${file}") FROM "${file}"`,
      /declare it|letters, digits/,
    ],
    [
      'a local file by a CTE of its name elsewhere',
      () => `SELECT (WITH "${file}" AS (SELECT 1) SELECT 1), origin FROM '${file}'`,
      /declare it|letters, digits/,
    ],
    [
      'a local file by a recursive CTE of its name',
      () => `WITH RECURSIVE "${file}" AS (FROM "${file}" UNION ALL FROM "${file}") FROM "${file}"`,
      /declare it|letters, digits/,
    ],
    ['a CTE outside of where it is seen', 'SELECT (WITH hidden AS (SELECT 1) SELECT 1) FROM hidden', ONLY],
    ['HTTP', () => `FROM read_csv('${server.endpoint}/secretb/x.csv')`, ONLY],
    ['a comment for a space', "SELECT * FROM read_text/**/('/etc/hostname')", ONLY],
    ['a quoted function', 'SELECT * FROM "read_text"(\'/etc/hostname\')', ONLY],
    ['a function with a schema', "SELECT * FROM main.read_text('/etc/hostname')", ONLY],
    ['other cases', "SELECT * FROM ReAd_TeXt('/etc/hostname')", ONLY],
    ['a query in a string', "FROM query('FROM duckdb_secrets()')", ONLY],
    ['a table named in a string', "FROM query_table('duckdb_settings')", ONLY],
    ['a serialized query', "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))", ONLY],
    ['glob', "FROM glob('/etc/*')", ONLY],
    ['sniff_csv', () => `FROM sniff_csv('${file}')`, ONLY],
    ['parquet_metadata', "FROM parquet_metadata('s3://secretb/x.parquet')", ONLY],
    ['a macro for tables', 'FROM histogram_values(duckdb_settings, name)', ONLY],
    ['secrets', 'FROM duckdb_secrets()', ONLY],
    ['settings', 'FROM duckdb_settings()', ONLY],
    ['which_secret', "FROM which_secret('s3://raw/x', 's3')", ONLY],
    ['a view of the system', 'FROM duckdb_views', ONLY],
    ['a qualified name', 'FROM main.flights', /without a schema/],
    ['the information schema', 'FROM information_schema.tables', /without a schema/],
    ['a catalog', 'FROM system.main.duckdb_tables', /without a schema/],
    ['pg_catalog', 'FROM pg_catalog.pg_tables', /without a schema/],
    ['a setting', "SELECT current_setting('s3_secret_access_key')", /reaches beyond/],
    [
      'a setting by a quoted name',
      'SELECT pg_catalog."CURRENT_SETTING"(\'home_directory\') FROM flights',
      /reaches beyond/,
    ],
    ['a setting in a method call', "SELECT ('home_directory').current_setting()", /reaches beyond/],
    ['the environment', "SELECT getenv('HOME')", /reaches beyond/],
    ['a variable', "SELECT getvariable('x')", /reaches beyond/],
    [
      'a plan of another query',
      "SELECT json_serialize_plan('FROM read_text(''/etc/hostname'')')",
      /reaches beyond/,
    ],
    ['DESCRIBE', 'DESCRIBE flights', /DESCRIBE/],
    ['SUMMARIZE', 'SELECT * FROM (SUMMARIZE flights)', /SUMMARIZE/],
    ['SHOW', 'FROM (SHOW ALL TABLES)', /SHOW/],
    ['PIVOT without values', 'PIVOT flights ON origin USING sum(delay)', /one SELECT/],
    ['two statements', 'SELECT 1; SELECT 2', /2 statements/],
    ['no statement', ' ; -- nothing', /empty/],
    ['COPY', "COPY (SELECT 1) TO 's3://lake/stolen.csv'", /one SELECT/],
    ['COPY after a SELECT', "SELECT 1; COPY (SELECT 1) TO 's3://lake/stolen.csv'", /one SELECT/],
    ['a way out of the brackets', "SELECT 1) TO 's3://lake/stolen.csv' --", /syntax error/],
    ['a comment that swallows the rest', 'SELECT 1 /*', /unterminated/],
    ['ATTACH', "ATTACH '/tmp/x.db'", /one SELECT/],
    ['SET', 'SET enable_external_access = true', /one SELECT/],
    ['PRAGMA', 'PRAGMA database_list', /one SELECT|without a schema|inputs/],
    ['CALL', 'CALL duckdb_secrets()', /one SELECT|inputs/],
    ['INSTALL', 'INSTALL httpfs', /one SELECT/],
    ['a macro', "CREATE MACRO f() AS TABLE FROM read_text('/etc/hostname')", /one SELECT/],
    ['INSERT in a CTE', 'WITH x AS (INSERT INTO flights SELECT 1) FROM x', /SELECT/],
    ['EXPLAIN', 'EXPLAIN SELECT 1', /one SELECT/],
  ])('%s', async (_, query, reason) => {
    const result = await run(typeof query === 'function' ? query() : query);
    expect(result).toEqual({ message: expect.stringMatching(reason), rows: '' });
    expect(result.message).not.toContain(SECRET);
  });

  test('a job whose query is refused fails with the reason, and writes nothing', async () => {
    const query = `SELECT * FROM read_text('${DAY}../../../secretb/x.csv')`;
    const output = { path: 's3://lake/refused/', format: 'json' as const };
    const ref = await engine.submit({ kind: 'sql', inputs, query, output }, 'refused');
    expect(await ended(engine, ref)).toMatchObject({
      status: 'failed',
      message: 'the query reads from read_text(…); declare what it reads under `inputs`',
    });
    expect(await store.list('s3://lake/refused/**')).toEqual([]);
    expect(await store.list('s3://lake/refused/.*')).toEqual([]);
  });

  test('nothing was written elsewhere', async () => {
    expect(await store.list('s3://lake/stolen.csv')).toEqual([]);
  });

  test('inputs and outputs that climb, or are no paths, are refused at once', async () => {
    const output = { path: 's3://lake/out/', format: 'json' as const };
    for (const path of [
      `${DAY}../../../secretb/`,
      `${DAY}%2e%2e/%2E%2E/x/`,
      's3://raw/..',
      'a\\..\\b/',
      'http://x/',
      's3:///x/',
    ]) {
      const climbing = { flights: { path, format: 'csv' as const } };
      await expect(
        engine.submit({ kind: 'sql', inputs: climbing, query: 'FROM flights', output }, 'bad'),
      ).rejects.toMatchObject({ type: 'Rejected' });
      const bad = { kind: 'sql' as const, inputs: {}, query: 'SELECT 1', output: { ...output, path } };
      await expect(engine.submit(bad, 'bad')).rejects.toMatchObject({ type: 'Rejected' });
    }
    const quoted = { 'a"b': { path: DAY, format: 'csv' as const } };
    await expect(
      engine.submit({ kind: 'sql', inputs: quoted, query: 'SELECT 1', output }, 'bad'),
    ).rejects.toMatchObject({ type: 'Rejected' });
    expect(await engine.find('bad')).toBeUndefined();
  });
});
