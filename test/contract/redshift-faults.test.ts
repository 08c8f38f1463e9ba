import {
  DescribeStatementCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  ListStatementsCommand,
} from '@aws-sdk/client-redshift-data';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Warehouse, withWarehouse } from './redshift-data-world.ts';

let warehouse: Warehouse;
withWarehouse((world) => ({ warehouse } = world));

const execute = (input: Partial<ExecuteStatementCommandInput>) => {
  const asked = { WorkgroupName: 'local', Database: 'dev', WaitTimeSeconds: 30, Sql: 'SELECT 1', ...input };
  return warehouse.client.send(new ExecuteStatementCommand(asked));
};
const status = async (Id: string) =>
  (await warehouse.client.send(new DescribeStatementCommand({ Id }))).Status;

describe('faults on order', () => {
  const order = async (path: string, method: string, body?: object) => {
    const answer = await fetch(`${warehouse.server.url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as { message?: string } };
  };
  const fault = (body: object) => order('/_faults', 'POST', body);
  afterEach(() => order('/_faults', 'DELETE'));

  test('an answer is lost, and the client token finds the statement', async () => {
    await warehouse.run('CREATE TABLE lost (n int)');
    const input = { ClientToken: 'lost', Sql: 'INSERT INTO lost VALUES (1)' };
    await fault({ op: 'ExecuteStatement', kind: 'lose-answer' });
    await expect(execute(input)).rejects.toThrow(/socket hang up|ECONNRESET/);
    const { Id } = await execute(input);
    await warehouse.ended(Id!);
    expect(await warehouse.rows('SELECT count(*) FROM lost')).toEqual([[1]]);
  });

  test('a request is lost before anything is done', async () => {
    await fault({ op: 'ExecuteStatement', kind: 'lose-request' });
    await expect(execute({ StatementName: 'never' })).rejects.toThrow(/socket hang up|ECONNRESET/);
    const { Statements } = await warehouse.client.send(
      new ListStatementsCommand({ StatementName: 'never', Status: 'ALL' }),
    );
    expect(Statements).toEqual([]);
  });

  test('calls are throttled, fail and are slow, as often as was ordered', async () => {
    await fault({ op: 'DescribeStatement', kind: 'throttle', count: 2 });
    await fault({ op: 'DescribeStatement', kind: 'error' });
    await fault({ op: 'DescribeStatement', kind: 'slow', delayMs: 1 });
    const { Id } = await execute({});
    await expect(status(Id!)).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: 'Rate exceeded',
    });
    await expect(status(Id!)).rejects.toMatchObject({ name: 'ThrottlingException' });
    await expect(status(Id!)).rejects.toMatchObject({ name: 'InternalServerException' });
    expect(await status(Id!)).toBe('FINISHED');
  });

  test('a statement fails, before it ran or after it was committed', async () => {
    await warehouse.run('CREATE TABLE failing (n int)');
    await fault({ sql: 'insert into failing', kind: 'fail', error: 'out of luck' });
    expect(await warehouse.run(['INSERT INTO failing VALUES (1)', 'SELECT 1'])).toMatchObject({
      Status: 'FAILED',
      Error: 'ERROR: out of luck',
      SubStatements: [{ Status: 'FAILED' }, { Status: 'ABORTED' }],
    });
    await fault({ sql: 'insert into failing', kind: 'fail-late', error: 'the connection was lost' });
    expect(await warehouse.run('INSERT INTO failing VALUES (2)')).toMatchObject({
      Status: 'FAILED',
      Error: 'ERROR: the connection was lost',
    });
    expect(await warehouse.rows('SELECT n FROM failing')).toEqual([[2]]);
  });

  test('the warehouse restarts in the middle of a statement, and by itself', async () => {
    await fault({ sql: 'pg_sleep', kind: 'restart' });
    expect(await warehouse.run('SELECT pg_sleep(60)')).toMatchObject({ Status: 'FAILED' });
    expect((await order('/_restart', 'POST')).status).toBe(200);
    expect(await warehouse.rows('SELECT 1')).toEqual([[1]]);
  });

  test.each([
    [{ op: 'Nothing', kind: 'slow' }, /no operation Nothing/],
    [{ sql: '(', kind: 'fail' }, /Invalid regular expression/],
    [{ op: 'ExecuteStatement', kind: 'explode' }, /Invalid/],
  ])('what is no fault is refused: %j', async (body, message) => {
    expect(await fault(body)).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(message) },
    });
  });
});
