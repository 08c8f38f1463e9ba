import { describe, expect, test } from '@jest/globals';
import { DAY, inputs, SECRET, withSandbox } from './duckdb-sandbox-world.ts';
import { ended } from './engine.ts';

const sandbox = withSandbox();

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
    ['a local file', () => `SELECT * FROM '${sandbox.file}'`, ONLY],
    [
      'a local file in a subquery',
      () => `SELECT (SELECT content FROM read_text('${sandbox.file}')) AS x FROM flights`,
      ONLY,
    ],
    ['a local file in a join', () => `FROM flights JOIN read_csv('${sandbox.file}') USING (delay)`, ONLY],
    ['a local file in EXISTS', () => `FROM flights WHERE EXISTS (FROM '${sandbox.file}')`, ONLY],
    ['a local file in ORDER BY', () => `FROM flights ORDER BY (SELECT delay FROM '${sandbox.file}')`, ONLY],
    ['a local file in LIMIT', () => `FROM flights LIMIT (SELECT delay FROM '${sandbox.file}')`, ONLY],
    ['a local file in a set operation', () => `FROM flights UNION ALL FROM '${sandbox.file}'`, ONLY],
    [
      'a local file in a nested CTE',
      () => `WITH a AS (WITH b AS (FROM '${sandbox.file}') FROM b) FROM a`,
      ONLY,
    ],
    ['a local file in a LATERAL', () => `FROM flights, LATERAL (FROM '${sandbox.file}')`, ONLY],
    [
      'a local file in a lambda',
      () => `SELECT list_transform([1], lambda x: (SELECT origin FROM '${sandbox.file}')) FROM flights`,
      ONLY,
    ],
    [
      'a local file in PIVOT',
      () => `FROM (PIVOT '${sandbox.file}' ON origin IN ('a') USING sum(delay))`,
      ONLY,
    ],
    [
      'a local file in FILTER',
      () => `SELECT sum(delay) FILTER (delay = (SELECT delay FROM '${sandbox.file}')) FROM flights`,
      ONLY,
    ],
    [
      'a local file in a window',
      () => `SELECT sum(delay) OVER (ORDER BY (SELECT 1 FROM '${sandbox.file}')) FROM flights`,
      ONLY,
    ],
    ['a local file in VALUES', () => `VALUES ((SELECT origin FROM '${sandbox.file}'))`, ONLY],
    [
      'a local file as an argument of a table function',
      () => `FROM range((SELECT delay FROM '${sandbox.file}'))`,
      ONLY,
    ],
    [
      'a local file by a CTE of its name',
      () => `WITH "${sandbox.file}" AS (FROM "${sandbox.file}") FROM "${sandbox.file}"`,
      /declare it|letters, digits/,
    ],
    [
      'a local file by a CTE of its name elsewhere',
      () => `SELECT (WITH "${sandbox.file}" AS (SELECT 1) SELECT 1), origin FROM '${sandbox.file}'`,
      /declare it|letters, digits/,
    ],
    [
      'a local file by a recursive CTE of its name',
      () =>
        `WITH RECURSIVE "${sandbox.file}" AS (FROM "${sandbox.file}" UNION ALL FROM "${sandbox.file}") FROM "${sandbox.file}"`,
      /declare it|letters, digits/,
    ],
    ['a CTE outside of where it is seen', 'SELECT (WITH hidden AS (SELECT 1) SELECT 1) FROM hidden', ONLY],
    ['HTTP', () => `FROM read_csv('${sandbox.endpoint}/secretb/x.csv')`, ONLY],
    ['a comment for a space', "SELECT * FROM read_text/**/('/etc/hostname')", ONLY],
    ['a quoted function', 'SELECT * FROM "read_text"(\'/etc/hostname\')', ONLY],
    ['a function with a schema', "SELECT * FROM main.read_text('/etc/hostname')", ONLY],
    ['other cases', "SELECT * FROM ReAd_TeXt('/etc/hostname')", ONLY],
    ['a query in a string', "FROM query('FROM duckdb_secrets()')", ONLY],
    ['a table named in a string', "FROM query_table('duckdb_settings')", ONLY],
    ['a serialized query', "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))", ONLY],
    ['glob', "FROM glob('/etc/*')", ONLY],
    ['sniff_csv', () => `FROM sniff_csv('${sandbox.file}')`, ONLY],
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
    const result = await sandbox.run(typeof query === 'function' ? query() : query);
    expect(result).toEqual({ message: expect.stringMatching(reason), rows: '' });
    expect(result.message).not.toContain(SECRET);
  });

  test('a job whose query is refused fails with the reason, and writes nothing', async () => {
    const query = `SELECT * FROM read_text('${DAY}../../../secretb/x.csv')`;
    const output = { path: 's3://lake/refused/', format: 'json' as const };
    const ref = await sandbox.engine.submit({ kind: 'sql', inputs, query, output }, 'refused');
    expect(await ended(sandbox.engine, ref)).toMatchObject({
      status: 'failed',
      message: 'the query reads from read_text(…); declare what it reads under `inputs`',
    });
    expect(await sandbox.store.list('s3://lake/refused/**')).toEqual([]);
    expect(await sandbox.store.list('s3://lake/refused/.*')).toEqual([]);
  });

  test('nothing was written elsewhere', async () => {
    expect(await sandbox.store.list('s3://lake/stolen.csv')).toEqual([]);
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
        sandbox.engine.submit({ kind: 'sql', inputs: climbing, query: 'FROM flights', output }, 'bad'),
      ).rejects.toMatchObject({ type: 'Rejected' });
      const bad = { kind: 'sql' as const, inputs: {}, query: 'SELECT 1', output: { ...output, path } };
      await expect(sandbox.engine.submit(bad, 'bad')).rejects.toMatchObject({ type: 'Rejected' });
    }
    const quoted = { 'a"b': { path: DAY, format: 'csv' as const } };
    await expect(
      sandbox.engine.submit({ kind: 'sql', inputs: quoted, query: 'SELECT 1', output }, 'bad'),
    ).rejects.toMatchObject({ type: 'Rejected' });
    expect(await sandbox.engine.find('bad')).toBeUndefined();
  });
});
