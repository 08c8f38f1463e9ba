import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { startRedshiftData, type RedshiftData } from '../../emulators/redshift-data/index.ts';
import { hasEnded } from '../../src/domain/state.ts';
import type { PublishRequest, StatementBatch, WorkState } from '../../src/ports.ts';
import { RedshiftWarehouse } from '../../src/publishers/redshift/index.ts';
import { startS3, type S3 } from './redshift-data-world.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const ROLE = 'arn:aws:iam::000000000000:role/load';

let s3: S3;
let emulator: RedshiftData;
let warehouse: RedshiftWarehouse;
let count = 0;

beforeAll(async () => {
  s3 = await startS3('lake');
  const { endpoint } = s3;
  emulator = await startRedshiftData({
    s3: { endpoint, region: 'us-east-1', forcePathStyle: true, credentials },
  });
  const client = new RedshiftDataClient({
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
  const target = { WorkgroupName: emulator.workgroup, Database: emulator.database };
  warehouse = new RedshiftWarehouse(client, target, ROLE, 30_000);
  await finish({ statements: ['CREATE TABLE public.days (day date, key varchar, n int)'] });
}, 120_000);

afterAll(async () => {
  await emulator?.stop();
  await s3?.stop();
}, 60_000);

beforeEach(async () => {
  await finish({ statements: ['DELETE FROM public.days'] });
});

/** A key as the workflow makes them; another one each time. */
const freshKey = () => `mr-${String((count += 1)).padStart(32, '0')}-00000000-1`;

/** Submits a batch and waits for its end. */
async function finish(batch: StatementBatch, key = `${freshKey()}-1`): Promise<WorkState & { id: string }> {
  const ref = await warehouse.submit(batch, key);
  for (;;) {
    const state = (await warehouse.poll([ref])).get(ref.id);
    if (state instanceof Error || state === undefined) throw state ?? new Error(`${key} is lost`);
    if (hasEnded(state.status)) return { ...state, id: ref.id };
    await new Promise<void>((resolve) => {
      const stop = warehouse.watch(ref, () => (stop(), resolve()));
    });
  }
}

/** The texts of a query's column `x`, in a line. */
async function texts(sql: string): Promise<string> {
  const { id } = await finish({ statements: [`SELECT LISTAGG(x, ' ') AS list FROM (${sql}) q`] });
  return String((await warehouse.result({ id, key: '' })).row?.['list'] ?? '');
}

const contents = () => texts(`SELECT key || '=' || n AS x FROM public.days ORDER BY key, n`);

/** A request for the rows of a query, put into S3 with a manifest. */
async function request(rows: string, more: Partial<PublishRequest> = {}): Promise<PublishRequest> {
  const key = more.key ?? freshKey();
  const query = `SELECT DATE '2001-01-05' AS day, key, n::int AS n FROM (VALUES ${rows}) t(key, n)`;
  const bytes = await s3.putParquet(`${key}.parquet`, query);
  const entry = { url: `s3://lake/${key}.parquet`, mandatory: true, meta: { content_length: bytes } };
  await s3.put(`${key}.manifest`, JSON.stringify({ entries: [entry] }));
  return {
    table: 'public.days',
    mode: 'upsert',
    uniqueKey: ['day', 'key'],
    format: 'parquet',
    manifest: `s3://lake/${key}.manifest`,
    manifestHash: key,
    rows: rows.split('),').length,
    unit: `test/publish/${count}`,
    key,
    seq: 1_000,
    ...more,
  };
}

async function publish(wanted: PublishRequest, suffix = ''): Promise<WorkState> {
  const plan = warehouse.publishPlan(wanted);
  const staged = await finish(plan.stage, `${wanted.key}-s${suffix}`);
  expect(staged).toMatchObject({ status: 'done' });
  return finish(plan.publish, `${wanted.key}-p${suffix}`);
}

async function ledger(wanted: PublishRequest) {
  const { id } = await finish(warehouse.publishPlan(wanted).ledger, `${wanted.key}-l${(count += 1)}`);
  return (await warehouse.result({ id, key: '' })).row;
}

describe('publishing', () => {
  test('by upsert replaces rows with the same key and leaves the others', async () => {
    await publish(await request("('a', 1), ('b', 2)"));
    await publish(await request("('b', 3), ('c', 4)"));
    expect(await contents()).toBe('a=1 b=3 c=4');
  });

  test('by replaceWhere replaces all that the condition holds for', async () => {
    const where = "day = DATE '2001-01-05'";
    await finish({ statements: ["INSERT INTO public.days VALUES ('2001-01-04', 'old', 9)"] });
    await publish(await request("('a', 1), ('b', 2)", { mode: 'replaceWhere', where }));
    await publish(await request("('c', 3)", { mode: 'replaceWhere', where }));
    expect(await contents()).toBe('c=3 old=9');
  });

  test('leaves no stage behind, and one row in the ledger', async () => {
    const wanted = await request("('a', 1)");
    await publish(wanted);
    const stage = `s_${wanted.key.replaceAll('-', '_')}`;
    expect(await texts(`SELECT tablename AS x FROM pg_tables WHERE tablename = '${stage}'`)).toBe('');
    expect(await ledger(wanted)).toEqual({ published: 1, newer: 0 });
  });

  test('the same key again changes nothing: the guard stops it and the ledger says why', async () => {
    const wanted = await request("('a', 1)");
    await publish(wanted);
    await finish({ statements: ["UPDATE public.days SET n = 7 WHERE key = 'a'"] });
    const again = await publish(wanted, 'again');
    expect(again).toMatchObject({
      status: 'failed',
      statement: 1,
      message: expect.stringMatching(/division by zero/),
    });
    expect(await contents()).toBe('a=7');
    expect(await ledger(wanted)).toMatchObject({ published: 1 });
  });

  test('an older run does not publish over a newer one', async () => {
    const newer = await request("('a', 2)", { seq: 2_000 });
    await publish(newer);
    const older = await request("('a', 1)", { seq: 1_000, unit: newer.unit });
    expect(await publish(older)).toMatchObject({ status: 'failed', statement: 1 });
    expect(await contents()).toBe('a=2');
    expect(await ledger(older)).toEqual({ published: 0, newer: 1 });
  });

  test('two publishers of the same key at once load it once', async () => {
    const wanted = await request("('a', 1), ('b', 2), ('c', 3)", {
      mode: 'replaceWhere',
      where: "day >= DATE '2001-01-01'",
    });
    const plan = warehouse.publishPlan(wanted);
    await finish(plan.stage, `${wanted.key}-s`);
    const both = await Promise.all([
      finish(plan.publish, `${wanted.key}-p1`),
      finish(plan.publish, `${wanted.key}-p2`),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['done', 'failed']);
    expect(await contents()).toBe('a=1 b=2 c=3');
    expect(await ledger(wanted)).toMatchObject({ published: 1 });
  });

  test('two runs of the same interval at once: the newer one wins, whoever came first', async () => {
    const unit = 'test/publish/race';
    const where = "day >= DATE '2001-01-01'";
    const older = await request("('older', 1)", { mode: 'replaceWhere', where, unit, seq: 1 });
    const newer = await request("('newer', 1)", { mode: 'replaceWhere', where, unit, seq: 2 });
    await Promise.all([publish(older), publish(newer)]);
    expect(await contents()).toBe('newer=1');
  });
});

describe('a guard stops', () => {
  const guardOf = async (wanted: PublishRequest) => {
    const { status, statement } = await publish(wanted);
    expect(status).toBe('failed');
    expect(await contents()).toBe('');
    return warehouse.publishPlan(wanted).guards[statement ?? -1];
  };

  test('a stage with other rows than the files', async () => {
    expect(await guardOf(await request("('a', 1), ('b', 2)", { rows: 3 }))).toMatch(
      /does not have the 3 rows/,
    );
  });

  test('rows that the unique key does not tell apart', async () => {
    expect(await guardOf(await request("('a', 1), ('a', 2)"))).toMatch(/several rows with the same day, key/);
  });

  test('rows whose key is null', async () => {
    expect(await guardOf(await request("('a', 1), (NULL, 2)"))).toMatch(/day, key is null/);
  });

  test('rows outside of `where`', async () => {
    const wanted = await request("('a', 1)", { mode: 'replaceWhere', where: "key = 'b'" });
    expect(await guardOf(wanted)).toMatch(/outside of `where/);
  });
});

describe('a statement', () => {
  test('is submitted once per key, and found by it', async () => {
    const key = `${freshKey()}-once`;
    const insert = { statements: ["INSERT INTO public.days VALUES ('2001-01-05', 'x', 1)"] };
    await Promise.all([finish(insert, key), finish(insert, key)]);
    const again = await warehouse.submit(insert, key);
    expect(again.found).toBe(true);
    expect(await warehouse.find(key)).toEqual({ id: again.id, key });
    expect(await contents()).toBe('x=1');
  });

  test('that fails says which one of the batch and why, and nothing of it stays', async () => {
    const statements = [
      "INSERT INTO public.days VALUES ('2001-01-05', 'x', 1)",
      'SELECT nowhere FROM public.days',
    ];
    expect(await finish({ statements })).toMatchObject({
      status: 'failed',
      statement: 1,
      message: expect.stringMatching(/nowhere/),
    });
    expect(await contents()).toBe('');
  });

  test('is cancelled until that is confirmed; one that has ended is left alone', async () => {
    const ref = await warehouse.submit({ statements: ['SELECT pg_sleep(600)'] }, `${freshKey()}-long`);
    await warehouse.cancel(ref);
    expect((await warehouse.poll([ref])).get(ref.id)).toMatchObject({ status: 'cancelled' });
    await warehouse.cancel(ref);
  });

  test('that nobody knows is missing in the poll', async () => {
    const id = '00000000-0000-0000-0000-000000000000';
    expect((await warehouse.poll([{ id, key: 'x' }])).has(id)).toBe(false);
  });

  test('whose ID is none is lost, and the others are polled all the same', async () => {
    const { id } = await finish({ statements: ['SELECT 1'] });
    const states = await warehouse.poll([
      { id: 'typed by hand', key: 'x' },
      { id, key: 'y' },
    ]);
    expect([...states]).toEqual([[id, { status: 'done' }]]);
  });

  test('is found by its name among more than a page of names that begin alike', async () => {
    const key = freshKey();
    const { id } = await finish({ statements: ['SELECT 1'] }, key);
    const others = Array.from({ length: 101 }, (_, n) => `${key}${n}`);
    await Promise.all(others.map((other) => finish({ statements: ['SELECT 1'] }, other)));
    expect(await warehouse.find(key)).toEqual({ id, key });
  });

  test('that a restart of the warehouse cuts off is neither done nor rolled back for sure', async () => {
    const key = `${freshKey()}-restart`;
    const statement = { statements: ['SELECT pg_sleep(600)'] };
    await warehouse.submit(statement, key);
    await emulator.restart();
    expect(await finish(statement, key)).toMatchObject({ status: 'failed', transient: 'unclear' });
  });
});
