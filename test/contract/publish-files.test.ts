import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { createPublishActivities } from '../../activities/publish.ts';
import type { FileColumn } from '../../src/ports.ts';
import { fileContents } from '../../src/storage/file-contents.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { credentials, startPublishWorld, type PublishWorld } from './publish-world.ts';

let world: PublishWorld;
let store: ReturnType<typeof createObjectStore>;
let activities: ReturnType<typeof createPublishActivities>;

beforeAll(async () => {
  world = await startPublishWorld();
  store = createObjectStore({
    s3: { endpoint: world.s3.endpoint, region: 'us-east-1', forcePathStyle: true, credentials },
  });
  activities = createPublishActivities(
    {
      warehouses: { analytics: world.warehouse },
      files: store,
      contents: (files, format) => fileContents(store, files, format),
    },
    // Nothing here waits in an activity.
    undefined as never,
  );
});

afterAll(() => world?.stop(), 60_000);

let tables = 0;
/** A table of its own for a test. */
async function table(columns = 'day date, key varchar(20), n int'): Promise<string> {
  const name = `public.t${(tables += 1)}`;
  await world.run(`CREATE TABLE ${name} (${columns})`);
  return name;
}

const INT: FileColumn = { name: 'n', type: 'int32' };

describe('files of', () => {
  test('CSV are loaded with their header left out, and with options of COPY', async () => {
    const to = await table();
    const csv = 'day|key|n\n2001-01-05|a|1\n2001-01-05|"b|c"|2\n';
    const wanted = await world.files({ 'd/1.csv': csv }, { table: to, options: { delimiter: '|' } });
    expect(await world.publish(wanted)).toMatchObject({ status: 'done' });
    expect(await world.texts(`SELECT key || '=' || n AS x FROM ${to} ORDER BY n`)).toBe('a=1 b|c=2');
    expect(await world.ledger(wanted)).toMatchObject({ published: 1, row_count: 2 });
  });

  test('CSV may have fewer columns, in another order', async () => {
    const to = await table('day date, key varchar(20), n int DEFAULT 7');
    const csv = 'key,day\na,2001-01-05\n';
    const wanted = await world.files({ 'e/1.csv': csv }, { table: to, columns: ['Key', 'day'] });
    expect(await world.publish(wanted)).toMatchObject({ status: 'done' });
    expect(await world.texts(`SELECT key || '=' || n AS x FROM ${to}`)).toBe('a=7');
  });

  test('JSON are loaded by their names', async () => {
    const to = await table();
    const json = '{"n": 1, "key": "a", "day": "2001-01-05"}\n{"key": "b", "n": null}\n';
    const wanted = await world.files({ 'f/1.json': json }, { table: to, format: 'json' });
    expect(await world.publish(wanted)).toMatchObject({ status: 'done' });
    expect(await world.texts(`SELECT key || '=' || COALESCE(n, 0) AS x FROM ${to} ORDER BY key`)).toBe(
      'a=1 b=0',
    );
  });

  test('Parquet may have other names than the columns, by a mapping', async () => {
    const to = await table("day date, key varchar(20), n int, note varchar DEFAULT 'none'");
    await world.s3.putParquet('g/1.parquet', `SELECT 5::int AS amount, 'a' AS who`);
    const [file] = await store.list('s3://lake/g/1.parquet');
    const contents = await fileContents(store, [file!], 'parquet');
    const { bytes } = file!;
    await world.s3.put(
      'g/m',
      JSON.stringify({ entries: [{ url: file!.path, meta: { content_length: bytes } }] }),
    );
    const wanted = await world.request("('x', 1)", {
      table: to,
      mode: 'append',
      contents,
      manifest: 's3://lake/g/m',
      columns: { key: 'who', n: 'amount' },
    });
    expect(await world.publish(wanted)).toMatchObject({ status: 'done' });
    expect(await world.texts(`SELECT key || '=' || n || note AS x FROM ${to}`)).toBe('a=5none');
  });
});

describe('a table that is missing', () => {
  test('is made by the columns of the files, when asked for', async () => {
    await world.s3.putParquet(
      'h/1.parquet',
      `SELECT DATE '2001-01-05' AS "Day", 'a' AS name, 1::bigint AS big, 2::smallint AS small, 1.5::double AS ratio,
        1.25::decimal(10,2) AS price, true AS ok, TIMESTAMP '2001-01-05 03:04:05' AS at`,
    );
    const request = {
      warehouse: 'analytics',
      from: { path: 's3://lake/h/', format: 'parquet' as const },
      what: { table: 'public.made', mode: 'append' as const, unit: 'u/made', key: world.freshKey(), seq: 1 },
    };
    await expect(activities.preparePublish(request)).rejects.toMatchObject({
      type: 'PublishFailed',
      message: expect.stringMatching(/public.made does not exist.*createTable: true/),
    });
    const { plan } = await activities.preparePublish({
      ...request,
      what: { ...request.what, createTable: true },
    });
    expect(await world.finish(plan.stage)).toMatchObject({ status: 'done' });
    expect(await world.finish(plan.publish)).toMatchObject({ status: 'done' });
    const columns = await world.texts(
      `SELECT attname || ':' || format_type(atttypid, atttypmod) AS x FROM pg_attribute
       WHERE attrelid = 'public.made'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    expect(columns).toMatch(
      /^day:date name:character varying\S* big:bigint small:smallint ratio:double precision price:numeric\(10,2\) ok:boolean at:timestamp without time zone$/,
    );
    expect(await world.rows('SELECT name, price FROM public.made')).toEqual([{ name: 'a', price: 1.25 }]);
  });

  test('is an error before anything is loaded', async () => {
    const wanted = await world.request("('a', 1)", { table: 'public.nowhere' });
    await expect(world.warehouse.publishPlan(wanted)).rejects.toMatchObject({
      type: 'PublishFailed',
      message: expect.stringMatching(/public.nowhere does not exist/),
    });
  });
});

describe('files that do not fit the table are refused before cluster time is spent:', () => {
  const refusal = async (columns: FileColumn[], more = {}) => {
    const to = await table();
    const wanted = await world.request("('a', 1)", {
      table: to,
      mode: 'append',
      contents: { columns },
      ...more,
    });
    return world.warehouse.publishPlan(wanted).then(
      () => 'none',
      (error: Error) => error.message,
    );
  };
  const day: FileColumn = { name: 'day', type: 'date' };
  const key: FileColumn = { name: 'key', type: 'string' };

  test('another number of columns', async () => {
    expect(await refusal([day, key])).toMatch(
      /the files have 2 \(day, key\) columns and public.t\d+ has 3 \(day, key, n\)/,
    );
  });

  test('other types, all at once', async () => {
    expect(await refusal([{ name: 'day', type: 'string' }, key, { name: 'n', type: 'int64' }])).toMatch(
      /column 1, day, is string .* day is date .*; column 3, n, is int64 in the files, and n is integer .*cast/,
    );
  });

  test('a key that is no column', async () => {
    expect(await refusal([day, key, INT], { mode: 'upsert', uniqueKey: ['dayy'] })).toMatch(
      /has no column dayy, which `uniqueKey` names; it has: day, key, n/,
    );
  });

  test('no key at all', async () => {
    expect(await refusal([day, key, INT], { mode: 'upsert' })).toMatch(/has no primary key; write uniqueKey/);
  });

  test('columns in another order get a warning', async () => {
    const to = await table('day date, a int, b int');
    const columns = [day, { name: 'b', type: 'int32' }, { name: 'a', type: 'int32' }];
    const wanted = await world.request("('a', 1)", { table: to, mode: 'append', contents: { columns } });
    const { warnings } = await world.warehouse.publishPlan(wanted);
    expect(warnings).toEqual([expect.stringMatching(/^b, a stand in another place/)]);
  });
});

describe('a load that fails', () => {
  test('says in which file, line and column, and at which value; the target is as it was', async () => {
    const to = await table();
    const wanted = await world.files(
      {
        'bad/1.csv': 'day,key,n\n2001-01-05,a,1\n',
        'bad/2.csv': 'day,key,n\n2001-01-05,b,2\n2001-01-05,c,many\n',
      },
      { table: to },
    );
    const { staged } = await world.stage(wanted);
    expect(staged).toMatchObject({ status: 'failed', message: expect.stringMatching(/load_error/) });
    const [error] = await world.warehouse.loadErrors({ id: staged.id, key: wanted.key }, 10);
    expect(error).toMatchObject({
      file: 's3://lake/bad/2.csv',
      line: 3,
      column: 'n',
      value: 'many',
      reason: expect.stringMatching(/digit/i),
    });
    expect(await world.rows(`SELECT COUNT(*) AS n FROM ${to}`)).toEqual([{ n: 0 }]);
  });

  test('at some rows only, within maxErrors: the rest is published and these are kept', async () => {
    const to = await table();
    const csv = 'day,key,n\n2001-01-05,a,1\n2001-01-05,b,many\n2001-01-05,c,3\nnever,d,4\n';
    const wanted = await world.files({ 'some/1.csv': csv }, { table: to, maxErrors: 5 });
    const { plan, staged } = await world.stage(wanted);
    expect(staged).toMatchObject({ status: 'done' });
    const ref = { id: staged.id, key: wanted.key };
    const kept = await activities.keepRejected({ warehouse: 'analytics', ref, manifest: wanted.manifest });
    expect(kept).toEqual({ rejected: 2, rejectedPath: `s3://lake/_millrace/rejected/${wanted.key}.json` });
    const lines = Buffer.from(await store.read(kept.rejectedPath!))
      .toString()
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { line: 3, column: 'n', value: 'many' },
      { line: 5, column: 'day', value: 'never' },
    ]);
    await world.finish(plan.publish);
    expect(await world.texts(`SELECT key AS x FROM ${to} ORDER BY key`)).toBe('a c');
    expect((await world.warehouse.result(ref, 0)).statements[plan.load]).toMatchObject({ rows: 2 });
  });

  test('with as many errors as maxErrors loads the rest, and with one more nothing', async () => {
    const to = await table();
    const csv = 'day,key,n\n2001-01-05,a,x\n2001-01-05,b,y\n2001-01-05,c,3\n';
    const staged = async (maxErrors: number) =>
      (await world.stage(await world.files({ 'more/1.csv': csv }, { table: to, maxErrors }))).staged;
    expect(await staged(1)).toMatchObject({ status: 'failed' });
    expect(await staged(2)).toMatchObject({ status: 'done' });
  });
});

describe('preparing', () => {
  test('tells COPY that files are packed, and that only some are is an error', async () => {
    const to = await table();
    await world.s3.put('z/1.csv.gz', gzipSync('day,key,n\n2001-01-05,a,1\n'));
    const request = {
      warehouse: 'analytics',
      from: { path: 's3://lake/z/', format: 'csv' as const },
      what: { table: to, mode: 'append' as const, unit: 'u/z', key: world.freshKey(), seq: 1 },
    };
    const { plan } = await activities.preparePublish(request);
    expect(await world.finish(plan.stage)).toMatchObject({ status: 'done' });
    await world.s3.put('z/2.csv', 'day,key,n\n');
    await expect(activities.preparePublish(request)).rejects.toThrow(/is packed and .* is not/);
  });

  test('refuses Parquet files with different columns', async () => {
    await world.s3.putParquet('y/1.parquet', 'SELECT 1::int AS n');
    await world.s3.putParquet('y/2.parquet', 'SELECT 1::bigint AS n');
    const request = {
      warehouse: 'analytics',
      from: { path: 's3://lake/y/', format: 'parquet' as const },
      what: { table: 'public.t1', mode: 'append' as const, unit: 'u/y', key: world.freshKey(), seq: 1 },
    };
    await expect(activities.preparePublish(request)).rejects.toThrow(/n int64.*n int32|n int32.*n int64/);
  });
});
