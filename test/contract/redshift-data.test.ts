import {
  CancelStatementCommand,
  DescribeStatementCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  ListStatementsCommand,
  type ListStatementsCommandOutput,
} from '@aws-sdk/client-redshift-data';
import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  isRunning,
  NOWHERE,
  startWarehouse,
  type Warehouse,
  withWarehouseAlone,
} from './redshift-data-world.ts';

describe('the stand-in for the Redshift Data API', () => {
  let warehouse: Warehouse;
  withWarehouseAlone((world) => (warehouse = world));

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
    while (!(await isRunning(warehouse, holder, 1)));
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
