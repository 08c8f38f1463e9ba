import { describe, expect, test } from '@jest/globals';
import { withSandbox } from './duckdb-sandbox-world.ts';

const sandbox = withSandbox();

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
    const { message, rows } = await sandbox.run(query);
    expect({ message, row: rows.trim().replaceAll('"2"', '2') }).toEqual({ message: undefined, row });
  });
});
