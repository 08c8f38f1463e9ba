import {
  CancelStatementCommand,
  DescribeStatementCommand,
  DescribeTableCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  ListDatabasesCommand,
  ListSchemasCommand,
  ListStatementsCommand,
  type ListStatementsCommandOutput,
  ListTablesCommand,
} from '@aws-sdk/client-redshift-data';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { aws, startWarehouse, type Warehouse } from './redshift-data-world.ts';

const NOWHERE = 'http://127.0.0.1:9';

describe('the stand-in for the Redshift Data API', () => {
  let warehouse: Warehouse;
  beforeAll(async () => {
    warehouse = await startWarehouse(NOWHERE);
  });
  afterAll(() => warehouse.stop());

  /** Whether a batch has come to its statement of that number, from 0. */
  const isRunning = async (Id: string, place: number) => {
    const { SubStatements } = await warehouse.client.send(new DescribeStatementCommand({ Id }));
    return SubStatements![place]!.Status === 'STARTED';
  };

  test('says what it is', async () => {
    expect(await (await fetch(warehouse.server.url)).text()).toMatch(
      /Millrace's local stand-in .* not Amazon Redshift/,
    );
  });

  test('a statement goes to its end and has rows of every type', async () => {
    const id = await warehouse.submit(
      `SELECT 9007199254740993::bigint AS big, 1.5::float8 AS f, 12.30::numeric(10,2) AS n, true AS b, 'x\\'y'::varchar(8) AS s,
         date '2001-01-05' AS d, timestamp '2001-01-05 01:02:03' AS t, NULL::int AS nothing`,
    );
    const state = await warehouse.ended(id);
    expect(state).toMatchObject({
      Status: 'FINISHED',
      HasResultSet: true,
      ResultRows: 1,
      WorkgroupName: 'local',
      Database: 'dev',
    });
    expect(state.Duration).toBeGreaterThan(0);
    expect(state.CreatedAt).toBeInstanceOf(Date);
    const { Records, ColumnMetadata, TotalNumRows } = await warehouse.client.send(
      new GetStatementResultCommand({ Id: id }),
    );
    expect(TotalNumRows).toBe(1);
    expect(ColumnMetadata!.map(({ name, typeName }) => [name, typeName])).toEqual([
      ['big', 'int8'],
      ['f', 'float8'],
      ['n', 'numeric'],
      ['b', 'bool'],
      ['s', 'varchar'],
      ['d', 'date'],
      ['t', 'timestamp'],
      ['nothing', 'int4'],
    ]);
    expect(ColumnMetadata![2]).toMatchObject({ precision: 10, scale: 2 });
    expect(Records![0]!.slice(1)).toEqual([
      { doubleValue: 1.5 },
      { stringValue: '12.30' },
      { booleanValue: true },
      { stringValue: "x'y" },
      { stringValue: '2001-01-05' },
      { stringValue: '2001-01-05 01:02:03' },
      { isNull: true },
    ]);
    const raw = await fetch(warehouse.server.url, {
      method: 'POST',
      headers: {
        'x-amz-target': 'RedshiftData.GetStatementResult',
        'content-type': 'application/x-amz-json-1.1',
      },
      body: JSON.stringify({ Id: id }),
    });
    expect(await raw.text()).toContain('{"longValue":9007199254740993}');
  });

  test('a large result comes in pages', async () => {
    const { Id } = await warehouse.run(`SELECT n, repeat('x', 1000) FROM generate_series(1, 3000) AS g(n)`);
    let rows = 0;
    let pages = 0;
    for (let NextToken: string | undefined, more = true; more; more = NextToken !== undefined) {
      const page = await warehouse.client.send(new GetStatementResultCommand({ Id, NextToken }));
      NextToken = page.NextToken;
      rows += page.Records!.length;
      pages++;
    }
    expect(rows).toBe(3000);
    expect(pages).toBeGreaterThan(2);
  });

  test('parameters are values', async () => {
    const { Id } = await warehouse.run(`SELECT :name AS name, :n + 1 AS n, ':name' AS text`, {
      Parameters: [
        { name: 'name', value: `it's \\ :n` },
        { name: 'n', value: '41' },
      ],
    });
    const { Records } = await warehouse.client.send(new GetStatementResultCommand({ Id }));
    expect(Records).toEqual([[{ stringValue: `it's \\ :n` }, { longValue: 42 }, { stringValue: ':name' }]]);
  });

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

  test('the same client token is the same statement', async () => {
    await warehouse.run('CREATE TABLE once (n int)');
    const token = { ClientToken: 'mr-1-once' };
    const first = await warehouse.submit('INSERT INTO once VALUES (1)', token);
    await warehouse.ended(first);
    expect(await warehouse.submit('INSERT INTO once VALUES (1)', token)).toBe(first);
    expect(await warehouse.rows('SELECT count(*) FROM once')).toEqual([[1]]);
  });

  test('statements are listed newest first, by the beginning of their name, and in pages', async () => {
    for (const name of ['list-a', 'list-b', 'other', 'list-c'])
      await warehouse.run('SELECT 1', { StatementName: name });
    await warehouse.run('SELECT nothing', { StatementName: 'list-failed' });
    const list = async (more: object) => {
      const names: string[] = [];
      let NextToken: string | undefined;
      do {
        const page: ListStatementsCommandOutput = await warehouse.client.send(
          new ListStatementsCommand({ WorkgroupName: 'local', StatementName: 'list-', NextToken, ...more }),
        );
        names.push(...page.Statements!.map(({ StatementName }) => StatementName!));
        NextToken = page.NextToken;
      } while (NextToken);
      return names;
    };
    expect(await list({ MaxResults: 2 })).toEqual(['list-c', 'list-b', 'list-a']);
    expect(await list({ Status: 'ALL' })).toEqual(['list-failed', 'list-c', 'list-b', 'list-a']);
    expect(await list({ Status: 'FAILED' })).toEqual(['list-failed']);
  });

  test.each([
    [{ Sql: 'SELECT 1', Parameters: [] }, /Parameters/],
    [{ Sql: 'SELECT 1', Parameters: [{ name: 'a', value: '1' }] }, /unused parameters.*a/],
    [{ Sql: 'SELECT 1', StatementName: 'x'.repeat(501) }, /StatementName/],
    [{ Sql: 'SELECT 1', ClientToken: 'x'.repeat(65) }, /ClientToken/],
    [{ Sql: `SELECT '${'x'.repeat(102_400)}'` }, /100 KB/],
    [{ Sql: ' ' }, /blank/],
    [{ Sql: 'SELECT 1', WorkgroupName: 'elsewhere' }, /endpoint doesn't exist/],
    [{ Sqls: Array.from({ length: 41 }, () => 'SELECT 1') }, /Sqls/],
  ])('a bad request is a ValidationException: %#', async (request, message) => {
    const sql = 'Sqls' in request ? request.Sqls : request.Sql;
    await expect(warehouse.submit(sql, request)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });

  test('an unknown statement and a missing result are ResourceNotFoundExceptions', async () => {
    const Id = '00000000-0000-4000-8000-000000000000';
    await expect(warehouse.client.send(new DescribeStatementCommand({ Id }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    const { Id: created } = await warehouse.run('CREATE TABLE resultless (n int)');
    await expect(warehouse.client.send(new GetStatementResultCommand({ Id: created }))).rejects.toMatchObject(
      {
        name: 'ResourceNotFoundException',
        message: expect.stringContaining('does not have result'),
      },
    );
  });

  test('no more than 200 statements are active', async () => {
    await warehouse.run('CREATE TABLE busy (n int)');
    const holder = await warehouse.submit(['LOCK busy', 'SELECT pg_sleep(60)']);
    while (!(await isRunning(holder, 1)));
    const waiting: string[] = [];
    for (let n = 1; n < 200; n++) waiting.push(await warehouse.submit('SELECT * FROM busy'));
    await expect(warehouse.submit('SELECT 1')).rejects.toMatchObject({
      name: 'ActiveStatementsExceededException',
    });
    await warehouse.client.send(new CancelStatementCommand({ Id: holder }));
    expect((await warehouse.ended(holder)).Status).toBe('ABORTED');
    await Promise.all(waiting.map((id) => warehouse.ended(id)));
  });

  test('a running statement is cancelled', async () => {
    const Id = await warehouse.submit('SELECT pg_sleep(60)');
    while ((await warehouse.client.send(new DescribeStatementCommand({ Id }))).Status !== 'STARTED');
    expect((await warehouse.client.send(new CancelStatementCommand({ Id }))).Status).toBe(true);
    expect(await warehouse.ended(Id)).toMatchObject({ Status: 'ABORTED' });
    await expect(warehouse.client.send(new CancelStatementCommand({ Id }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  describe('batches', () => {
    test('each statement has a state and a result of its own', async () => {
      const state = await warehouse.run([
        'CREATE TABLE parts (n int)',
        'INSERT INTO parts VALUES (1), (2)',
        'SELECT * FROM parts ORDER BY 1',
      ]);
      expect(state).toMatchObject({ Status: 'FINISHED', HasResultSet: true });
      expect(state.SubStatements).toMatchObject([
        { Id: `${state.Id}:1`, Status: 'FINISHED', HasResultSet: false },
        { Id: `${state.Id}:2`, Status: 'FINISHED', ResultRows: 2 },
        {
          Id: `${state.Id}:3`,
          Status: 'FINISHED',
          HasResultSet: true,
          ResultRows: 2,
          QueryString: 'SELECT * FROM parts ORDER BY 1',
        },
      ]);
      const { Records } = await warehouse.client.send(new GetStatementResultCommand({ Id: `${state.Id}:3` }));
      expect(Records).toEqual([[{ longValue: 1 }], [{ longValue: 2 }]]);
    });

    test('the AWS CLI sees that a failed one leaves nothing and which statement failed', async () => {
      await warehouse.run('CREATE TABLE witness (n int)');
      const { url } = warehouse.server;
      const sqls = [
        'INSERT INTO witness VALUES (1)',
        'SELECT 1/(CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END) FROM witness',
        'DROP TABLE witness',
      ];
      const { Id } = await aws(
        url,
        'batch-execute-statement',
        '--workgroup-name',
        'local',
        '--database',
        'dev',
        '--sqls',
        ...sqls,
      );
      await warehouse.ended(Id);
      expect(await aws(url, 'describe-statement', '--id', Id)).toMatchObject({
        Status: 'FAILED',
        Error: 'ERROR: division by zero',
        SubStatements: [
          { Status: 'FINISHED', ResultRows: 1 },
          { Status: 'FAILED', Error: 'ERROR: division by zero' },
          { Id: `${Id}:3`, Status: 'ABORTED' },
        ],
      });
      expect(await warehouse.rows('SELECT count(*) FROM witness')).toEqual([[0]]);
    });

    test('AUTO_COMMIT keeps what succeeded', async () => {
      await warehouse.run('CREATE TABLE single (n int)');
      const state = await warehouse.run(
        ['INSERT INTO single VALUES (1)', 'SELECT 1/0', 'INSERT INTO single VALUES (2)'],
        {
          ExecutionMode: 'AUTO_COMMIT',
        } as object,
      );
      expect(state.SubStatements!.map(({ Status }) => Status)).toEqual(['FINISHED', 'FAILED', 'FINISHED']);
      expect(await warehouse.rows('SELECT n FROM single ORDER BY 1')).toEqual([[1], [2]]);
    });

    test('TRUNCATE commits', async () => {
      await warehouse.run(['CREATE TABLE cut (n int)', 'CREATE TABLE kept (n int)']);
      const state = await warehouse.run([
        'INSERT INTO kept VALUES (1)',
        'TRUNCATE cut',
        'INSERT INTO kept VALUES (2)',
        'SELECT 1/0',
      ]);
      expect(state.Status).toBe('FAILED');
      expect(await warehouse.rows('SELECT n FROM kept')).toEqual([[1]]);
    });

    test('what cannot run in a transaction fails the batch', async () => {
      expect((await warehouse.run(['CREATE TABLE v (n int)', 'VACUUM v'])).Error).toBe(
        'ERROR: VACUUM cannot run inside a transaction block',
      );
      expect((await warehouse.run('VACUUM')).Status).toBe('FINISHED');
    });

    test('a literal is read with backslash escapes, so doubled quotes alone are no protection', async () => {
      expect((await warehouse.run(`SELECT '\\'' AS x`)).Status).toBe('FINISHED');
      expect((await warehouse.run(`SELECT 'a\\' AS x`)).Error).toMatch(/unterminated quoted string/);
    });

    /** Lets batches that LOCK the gate go on only when all of them are where they should be. */
    const throughGate = async (batches: string[][], places: number[]) => {
      const holder = await warehouse.submit(['LOCK gate', 'SELECT pg_sleep(60)']);
      while (!(await isRunning(holder, 1)));
      const ids = [];
      for (const [n, batch] of batches.entries()) {
        const id = await warehouse.submit(batch);
        ids.push(id);
        while (!(await isRunning(id, places[n]!)));
      }
      await warehouse.client.send(new CancelStatementCommand({ Id: holder }));
      return Promise.all(ids.map((id) => warehouse.ended(id)));
    };

    beforeAll(() => warehouse.run('CREATE TABLE gate (n int)'));

    const publish = (key: string, unit: string, lock: string[]) => [
      ...lock,
      `SELECT 1/(CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END) FROM ledger WHERE unit = '${unit}'`,
      'LOCK TABLE gate',
      `INSERT INTO facts SELECT '${unit}', n FROM generated`,
      `INSERT INTO ledger VALUES ('${unit}', '${key}')`,
    ];

    test.each([
      {
        unit: 'locked',
        lock: ['LOCK TABLE ledger_lock'],
        places: [2, 0],
        statuses: ['FINISHED', 'FAILED'],
        rows: 5,
      },
      { unit: 'unlocked', lock: [], places: [1, 1], statuses: ['FINISHED', 'FINISHED'], rows: 10 },
    ])('two publishers at once, $unit: $rows rows', async ({ unit, lock, places, statuses, rows }) => {
      await warehouse.run([
        'CREATE TABLE IF NOT EXISTS ledger_lock (n int)',
        'CREATE TABLE IF NOT EXISTS ledger (unit varchar(20), key varchar(20))',
        'CREATE TABLE IF NOT EXISTS facts (unit varchar(20), n int)',
        'CREATE TABLE IF NOT EXISTS generated (n int)',
        'DELETE FROM generated',
        'INSERT INTO generated VALUES (1), (2), (3), (4), (5)',
      ]);
      const states = await throughGate([publish('a', unit, lock), publish('b', unit, lock)], places);
      expect(states.map(({ Status }) => Status)).toEqual(statuses);
      expect(await warehouse.rows(`SELECT count(*) FROM facts WHERE unit = '${unit}'`)).toEqual([[rows]]);
    });

    test('two writers of one row: the second has a serialization error', async () => {
      await warehouse.run(['CREATE TABLE contested (n int)', 'INSERT INTO contested VALUES (1)']);
      const update = ['SELECT * FROM contested', 'LOCK gate', 'UPDATE contested SET n = n + 1'];
      const states = await throughGate([update, update], [1, 1]);
      expect(states.map(({ Status }) => Status)).toEqual(['FINISHED', 'FAILED']);
      expect(states[1]!.Error).toMatch(/^ERROR: 1023\n.*Serializable isolation violation/);
    });

    test('MERGE', async () => {
      await warehouse.run([
        'CREATE TABLE target (id int, v int)',
        'INSERT INTO target VALUES (1, 1)',
        'CREATE TABLE source (LIKE target)',
        'INSERT INTO source VALUES (1, 10), (2, 20)',
      ]);
      const merged = await warehouse.run(
        'MERGE INTO public.target USING source s ON target.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.v)',
      );
      expect(merged).toMatchObject({ Status: 'FINISHED', ResultRows: 2 });
      expect(await warehouse.rows('SELECT * FROM target ORDER BY 1')).toEqual([
        [1, 10],
        [2, 20],
      ]);
    });
  });

  test('a restart of the warehouse fails what runs, and the data stays', async () => {
    await warehouse.run(['CREATE TABLE lasting (n int)', 'INSERT INTO lasting VALUES (1)']);
    const Id = await warehouse.submit('SELECT pg_sleep(60)');
    while ((await warehouse.client.send(new DescribeStatementCommand({ Id }))).Status !== 'STARTED');
    await warehouse.server.restart();
    expect(await warehouse.ended(Id)).toMatchObject({
      Status: 'FAILED',
      Error: expect.stringMatching(/terminat/),
    });
    expect(await warehouse.rows('SELECT n FROM lasting')).toEqual([[1]]);
  });
});

test('a server that starts again on the same folder knows its tables and statements', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'redshift-data-again-'));
  try {
    const first = await startWarehouse(NOWHERE, folder);
    await first.run(['CREATE TABLE t (n int)', 'INSERT INTO t VALUES (7)']);
    const done = await first.run('SELECT * FROM t', { ClientToken: 'again' });
    const running = await first.submit('SELECT pg_sleep(60)', { StatementName: 'asleep' });
    await first.stop();
    const second = await startWarehouse(NOWHERE, folder);
    try {
      expect(await second.submit('SELECT * FROM t', { ClientToken: 'again' })).toBe(done.Id);
      const { Records } = await second.client.send(new GetStatementResultCommand({ Id: done.Id }));
      expect(Records).toEqual([[{ longValue: 7 }]]);
      expect((await second.ended(running)).Status).toMatch(/FAILED|ABORTED/);
      const { Id } = await second.client.send(
        new ExecuteStatementCommand({ WorkgroupName: 'local', Database: 'dev', Sql: 'SELECT 1' }),
      );
      expect((await second.ended(Id!)).Status).toBe('FINISHED');
    } finally {
      await second.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe('the process of the stand-in', () => {
  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  test.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
    'ended by %s leaves no PostgreSQL behind',
    async (signal) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'redshift-data-ended-'));
      try {
        const main = path.resolve('dist/emulators/main.js');
        const child = spawn(process.execPath, [main, 'redshift-data', '--data', folder, '--json'], {
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        const exited = once(child, 'exit');
        const [line] = (await once(child.stdout, 'data')) as [Buffer];
        expect(JSON.parse(line.toString())).toMatchObject({ workgroup: 'local', database: 'dev' });
        const pidFile = path.join(folder, 'postgres', 'postmaster.pid');
        const pid = Number((await readFile(pidFile, 'utf8')).split('\n')[0]);
        expect(isAlive(pid)).toBe(true);
        child.kill(signal);
        await exited;
        while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
        await expect(readFile(pidFile)).rejects.toMatchObject({ code: 'ENOENT' });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
