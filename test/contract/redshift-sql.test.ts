import {
  DescribeTableCommand,
  ListDatabasesCommand,
  ListSchemasCommand,
  ListTablesCommand,
} from '@aws-sdk/client-redshift-data';
import { describe, expect, test } from '@jest/globals';
import { type Warehouse, withWarehouseAlone } from './redshift-data-world.ts';

describe('SQL of the stand-in for Redshift', () => {
  let warehouse: Warehouse;
  withWarehouseAlone((world) => (warehouse = world));

  test("Redshift's own SQL", async () => {
    await warehouse.run([
      'CREATE TABLE visits (who varchar(9), day date, n int, doc super)',
      `INSERT INTO visits SELECT 'a', date '2001-01-05', 1, json_parse('{"x": [1, 2]}') UNION ALL SELECT 'a', date '2001-01-06', 5, NULL
         UNION ALL SELECT 'b', date '2001-01-05', 3, NULL`,
      'CREATE TABLE merged (who varchar(9), n int)',
      `INSERT INTO merged VALUES ('a', 0), ('c', 9)`,
      'CREATE TABLE newer (LIKE merged)',
      `INSERT INTO newer VALUES ('a', 1), ('a', 1), ('b', 2)`,
      'MERGE INTO merged USING newer ON merged.who = newer.who REMOVE DUPLICATES',
    ]);
    expect(
      await warehouse.rows(
        'SELECT who, n FROM visits QUALIFY ROW_NUMBER() OVER (PARTITION BY who ORDER BY day DESC) = 1 ORDER BY who',
      ),
    ).toEqual([
      ['a', 5],
      ['b', 3],
    ]);
    expect(await warehouse.rows('SELECT * FROM merged ORDER BY who')).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 9],
    ]);
    expect(
      await warehouse.rows(
        `SELECT NVL2(n, 'some', 'none'), DECODE(n, 1, 'one', 5, 'five', 'many'), doc['x'][0], doc FROM visits WHERE n = 1`,
      ),
    ).toEqual([['some', 'one', '1', '{"x": [1, 2]}']]);
    expect(
      await warehouse.rows(
        `SELECT MEDIAN(n), APPROXIMATE COUNT(DISTINCT who), LAST_DAY(MAX(day)), MAX(ADD_MONTHS('2001-01-31', 1)) FROM visits`,
      ),
    ).toEqual([[3, 2, '2001-01-31', '2001-02-28 00:00:00']]);
    const append = await warehouse.run('ALTER TABLE merged APPEND FROM newer');
    expect(append).toMatchObject({ Status: 'FINISHED', HasResultSet: false });
    expect(
      await warehouse.rows('SELECT (SELECT count(*) FROM merged), (SELECT count(*) FROM newer)'),
    ).toEqual([[6, 0]]);
    expect((await warehouse.run('ALTER TABLE merged APPEND FROM visits')).Error).toMatch(
      /not in merged with the same type: day/,
    );
  });

  test("Redshift's functions", async () => {
    expect(
      await warehouse.rows(`SELECT NVL(NULL, 'b'), LEN('abc'), DATEADD(month, 1, '2001-01-31'), DATEADD(day, -1, date '2001-03-01'),
        DATEDIFF(day, '2001-01-01', '2001-02-01'), DATEDIFF(month, date '2001-01-31', date '2002-02-01'),
        DATEDIFF(hour, timestamp '2001-01-01 00:59:59', timestamp '2001-01-01 02:00:00'),
        DATEDIFF(qtr, date '2001-03-31', date '2001-04-01'), DATEDIFF(year, date '2001-12-31', date '2002-01-01'),
        GETDATE() <= SYSDATE + interval '1 second'`),
    ).toEqual([['b', 3, '2001-02-28 00:00:00', '2001-02-28 00:00:00', 31, 13, 2, 1, 1, true]]);
  });

  test('names of the catalogue', async () => {
    await warehouse.run(
      "CREATE TABLE catalogue (id int PRIMARY KEY, name varchar(20) ENCODE zstd DEFAULT 'x')",
    );
    const at = { WorkgroupName: 'local', Database: 'dev' };
    const { client } = warehouse;
    expect((await client.send(new ListDatabasesCommand(at))).Databases).toEqual(['dev']);
    expect((await client.send(new ListSchemasCommand(at))).Schemas).toContain('public');
    const { Tables } = await client.send(
      new ListTablesCommand({ ...at, SchemaPattern: 'public', TablePattern: 'cat%' }),
    );
    expect(Tables).toEqual([{ name: 'catalogue', schema: 'public', type: 'TABLE' }]);
    const { ColumnList } = await client.send(
      new DescribeTableCommand({ ...at, Schema: 'public', Table: 'catalogue' }),
    );
    expect(ColumnList).toMatchObject([
      { name: 'id', typeName: 'int4', nullable: 0 },
      { name: 'name', typeName: 'varchar', length: 20, nullable: 1 },
    ]);
  });

  test('keys are accepted and not enforced, but a primary key is not null', async () => {
    await warehouse.run('CREATE TABLE keyed (id int, v varchar, PRIMARY KEY (id), UNIQUE (v))');
    expect((await warehouse.run(`INSERT INTO keyed VALUES (1, 'a'), (1, 'a')`)).ResultRows).toBe(2);
    expect((await warehouse.run('INSERT INTO keyed VALUES (NULL, NULL)')).Error).toMatch(
      /null value in column "id"/,
    );
  });

  test('keys are in the catalogue, and two rows may have the same', async () => {
    await warehouse.run([
      'CREATE TABLE declared (a int, b varchar(9), c int UNIQUE, CONSTRAINT k PRIMARY KEY (b, a))',
      'CREATE TABLE later (a int, b int)',
      'ALTER TABLE later ADD PRIMARY KEY (a)',
      `INSERT INTO later VALUES (1, 1), (1, 2)`,
      `INSERT INTO declared VALUES (1, 'x', 1), (1, 'x', 1)`,
      'UPDATE declared SET c = 2',
    ]);
    const keys = (table: string) =>
      warehouse.rows(
        `SELECT column_name, ordinal_position FROM information_schema.key_column_usage k JOIN information_schema.table_constraints t
           ON k.constraint_name = t.constraint_name AND k.table_name = t.table_name
         WHERE k.table_name = '${table}' AND constraint_type = 'PRIMARY KEY' ORDER BY 2`,
      );
    expect(await keys('declared')).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
    expect(await keys('later')).toEqual([['a', 1]]);
    expect(
      await warehouse.rows(`SELECT a, count(*) FROM declared WHERE b = 'x' AND a = 1 GROUP BY a`),
    ).toEqual([[1, 2]]);
    expect(await warehouse.rows('SELECT b FROM later WHERE a = 1 ORDER BY b')).toEqual([[1], [2]]);
  });

  test("Redshift's own views of the catalogue, and privileges", async () => {
    await warehouse.run(
      'CREATE TABLE seen (id int NOT NULL, price numeric(10,2), note varchar(20), doc super)',
    );
    expect(
      await warehouse.rows(`SELECT "column", type, "notnull" FROM pg_table_def WHERE tablename = 'seen'`),
    ).toEqual([
      ['id', 'integer', true],
      ['price', 'numeric(10,2)', false],
      ['note', 'character varying(20)', false],
      ['doc', 'super', false],
    ]);
    expect(
      await warehouse.rows(
        `SELECT column_name, data_type, character_maximum_length FROM svv_columns WHERE table_name = 'seen' AND ordinal_position = 3`,
      ),
    ).toEqual([['note', 'character varying', 20]]);
    for (const view of [
      'svv_all_columns',
      'svv_redshift_columns',
      'svv_all_tables',
      'svv_redshift_tables',
      'svv_tables',
    ])
      expect(
        await warehouse.rows(`SELECT DISTINCT table_name FROM ${view} WHERE table_name = 'seen'`),
      ).toEqual([['seen']]);
    expect(await warehouse.rows(`SELECT "table" FROM svv_table_info WHERE "table" = 'seen'`)).toEqual([
      ['seen'],
    ]);
    expect(
      await warehouse.rows(`SELECT has_table_privilege('public.seen', 'insert'), has_schema_privilege('public', 'create'),
        has_table_privilege('pg_catalog.pg_authid', 'select')`),
    ).toEqual([[true, true, false]]);
  });
});
