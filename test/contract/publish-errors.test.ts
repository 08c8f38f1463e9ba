import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPublishWorld, type PublishWorld } from './publish-world.ts';

let world: PublishWorld;

beforeAll(async () => {
  world = await startPublishWorld();
  await world.run('CREATE TABLE public.codes (code int)');
});

afterAll(() => world?.stop(), 60_000);

/** How the failure is told when the warehouse says that of a statement. */
async function said(error: string) {
  await fetch(`${world.emulator.url}/_faults`, {
    method: 'POST',
    body: JSON.stringify({ sql: 'SELECT 4711', kind: 'fail', error }),
  });
  const { status, transient, message } = await world.run('SELECT 4711');
  expect(status).toBe('failed');
  return { transient, message };
}

describe('an error in SQL is for good, whatever names and values stand in it:', () => {
  test.each([
    ['SELECT * FROM public.orders_1023', /relation "public.orders_1023" does not exist/],
    ['SELECT serialized_at FROM public.codes', /column "serialized_at" does not exist/],
    ['SELECT deserialize(1)', /function deserialize\(integer\) does not exist/],
    [`INSERT INTO public.codes VALUES ('1023x')`, /invalid input syntax for type integer: "1023x"/],
    [`SELECT CAST('deadlock detected' AS int)`, /: "deadlock detected"/],
    ['SELECT epipe FROM public.codes', /column "epipe" does not exist/],
    [`SELECT CAST('connection reset' AS int)`, /: "connection reset"/],
  ])('%s', async (sql, message) => {
    const state = await world.run(sql);
    expect(state).toMatchObject({ status: 'failed', message: expect.stringMatching(message) });
    expect(state.transient).toBeUndefined();
  });
});

describe('an error that others caused', () => {
  const VIOLATION = 'Serializable isolation violation on table - 1, transactions forming the cycle are: 2, 3';

  test.each([
    `1023\n  Detail: ${VIOLATION}`,
    `1023 DETAIL: ${VIOLATION}`,
    '1023 DETAIL: Serializable isolation violation on a table in Redshift',
    'could not serialize access due to concurrent update',
    'could not complete because of conflict with concurrent transaction',
    'deadlock detected\n  Detail: Process 1 waits for AccessExclusiveLock on relation 2',
    'tuple concurrently updated',
    'duplicate key value violates unique constraint "pg_namespace_nspname_index"',
  ])('rolled the transaction back: %s', async (error) => {
    expect(await said(error)).toMatchObject({ transient: 'rolledBack' });
  });

  test.each([
    'terminating connection due to administrator command',
    'Connection terminated unexpectedly',
    'read ECONNRESET',
    'Error: read ECONNRESET',
    'write EPIPE',
    'connect ECONNREFUSED 127.0.0.1:5439',
    'server closed the connection unexpectedly',
    'the database system is shutting down',
  ])('broke the connection, so that nobody knows: %s', async (error) => {
    expect(await said(error)).toMatchObject({ transient: 'unclear' });
  });

  test('is told without the severity before it', async () => {
    expect((await said('1023\n  Detail: Serializable isolation violation on table')).message).toBe(
      '1023 Detail: Serializable isolation violation on table',
    );
  });
});
