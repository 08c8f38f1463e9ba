import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PublishRequest } from '../../src/ports.ts';
import { fileContents } from '../../src/storage/file-contents.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { credentials, startPublishWorld, type PublishWorld } from './publish-world.ts';

let world: PublishWorld;
let store: ReturnType<typeof createObjectStore>;

beforeAll(async () => {
  world = await startPublishWorld();
  store = createObjectStore({
    s3: { endpoint: world.s3.endpoint, region: 'us-east-1', forcePathStyle: true, credentials },
  });
});

afterAll(() => world?.stop(), 60_000);

let tables = 0;
/** A table of its own for a test; without columns it isn't made. */
async function table(columns?: string): Promise<string> {
  const name = `public.c${(tables += 1)}`;
  if (columns !== undefined) await world.run(`CREATE TABLE ${name} (${columns})`);
  return name;
}

/** A request for a Parquet file with the rows of a query. */
async function parquet(query: string, more: Partial<PublishRequest>): Promise<PublishRequest> {
  const key = world.freshKey();
  await world.s3.putParquet(`${key}/1.parquet`, query);
  const [file] = await store.list(`s3://lake/${key}/1.parquet`);
  const { path: url, bytes: content_length } = file!;
  await world.s3.put(`${key}/m`, JSON.stringify({ entries: [{ url, meta: { content_length } }] }));
  return world.request("('x', 1)", {
    mode: 'append',
    contents: await fileContents(store, [file!], 'parquet'),
    manifest: `s3://lake/${key}/m`,
    key,
    ...more,
  });
}

const refusal = (wanted: PublishRequest): Promise<unknown> =>
  world.warehouse.publishPlan(wanted).then(
    () => 'none',
    (error: unknown) => error,
  );

describe('a mapping of columns', () => {
  test('that takes a column which the files lack is refused, and the rows stay', async () => {
    const to = await table('id int, v int');
    await world.run(`INSERT INTO ${to} VALUES (1, 7)`);
    const columns = { id: 'a', v: 'b' };
    const wanted = await parquet('SELECT 1::int AS a', {
      table: to,
      mode: 'upsert',
      uniqueKey: ['id'],
      columns,
    });
    expect(await refusal(wanted)).toMatchObject({
      type: 'PublishFailed',
      message: 'the files have no column b, which `columns` takes for v; they have: a',
    });
    expect(await world.rows(`SELECT id, v FROM ${to}`)).toEqual([{ id: 1, v: 7 }]);
  });

  test('that takes a column of the files twice is refused', async () => {
    const to = await table('id int, v int');
    const wanted = await parquet('SELECT 1::int AS a', { table: to, columns: { id: 'a', v: 'a' } });
    expect(await refusal(wanted)).toMatchObject({
      type: 'PublishFailed',
      message: expect.stringMatching(/takes a for id and for v.*write it twice/),
    });
  });
});

describe('an upsert goes by columns that are loaded:', () => {
  const lacks = async (more: Partial<PublishRequest>) => {
    const to = await table('id int, n int, at timestamp DEFAULT getdate()');
    const wanted = await parquet('SELECT 1::int AS id, 2::int AS n', {
      table: to,
      mode: 'upsert',
      columns: ['id', 'n'],
      ...more,
    });
    return refusal(wanted);
  };

  test('the key', async () => {
    expect(await lacks({ uniqueKey: ['id', 'at'] })).toMatchObject({
      type: 'PublishFailed',
      message: expect.stringMatching(/the files have no column at, which upsert needs/),
    });
  });

  test('what orders rows with the same key', async () => {
    expect(await lacks({ uniqueKey: ['id'], orderBy: ['n', 'at'] })).toMatchObject({
      type: 'PublishFailed',
      message: expect.stringMatching(/the files have no column at, which `orderBy` needs/),
    });
  });
});

describe('columns that are never null and that the files lack', () => {
  const TARGET = `id bigint IDENTITY(1,1), day date NOT NULL, note varchar(20) NOT NULL, doc super,
    at timestamp NOT NULL DEFAULT getdate(), source varchar(9) NOT NULL DEFAULT 'files'`;

  test.each(['append', 'replace', 'upsert'] as const)(
    'get their defaults and identities: %s',
    async (mode) => {
      const to = await table(TARGET);
      const wanted = await parquet(`SELECT 'a' AS note, DATE '2001-01-05' AS day`, {
        table: to,
        mode,
        columns: ['note', 'day'],
        ...(mode === 'upsert' && { uniqueKey: ['note'], orderBy: ['day'] }),
      });
      expect(await world.publish(wanted)).toMatchObject({ status: 'done' });
      expect(await world.rows(`SELECT id, note, source, at IS NULL AS lost FROM ${to}`)).toEqual([
        { id: 1, note: 'a', source: 'files', lost: false },
      ]);
      expect(await world.ledger(wanted)).toMatchObject({ published: 1, row_count: 1 });
    },
  );

  test('change nothing for those that the files have: a null or a long text stops the load at its line', async () => {
    const to = await table(TARGET);
    const csv = 'note,day\na,2001-01-05\nb,\na note that is much too long,2001-01-05\n';
    const wanted = await world.files(
      { 'null/1.csv': csv },
      { table: to, columns: ['note', 'day'], maxErrors: 2 },
    );
    const { plan, staged } = await world.stage(wanted);
    expect(await world.warehouse.loadErrors({ id: staged.id, key: wanted.key }, 10)).toMatchObject([
      { line: 3, column: 'day' },
      { line: 4, column: 'note' },
    ]);
    await world.finish(plan.publish);
    expect(await world.texts(`SELECT note AS x FROM ${to}`)).toBe('a');
  });
});

describe('files that lack the last columns', () => {
  const COLUMNS = 'id int NOT NULL, v varchar(9), day date';

  test('are loaded with nulls where fillRecord says so, and refused without it', async () => {
    const to = await table(COLUMNS);
    const files = { table: to, unit: `u/short/${to}` };
    const short = await parquet(`SELECT 1::int AS id, 'a' AS v`, files);
    expect(await refusal(short)).toMatchObject({ message: expect.stringMatching(/by position/) });
    const filled = { ...short, options: { fillRecord: true } };
    expect(await world.publish(filled)).toMatchObject({ status: 'done' });
    expect(await world.rows(`SELECT id, v, day FROM ${to}`)).toEqual([{ id: 1, v: 'a', day: null }]);
  });

  test('are refused where a column is never null, of another type, or one too many', async () => {
    const options = { fillRecord: true };
    const wanted = async (columns: string, query: string) =>
      refusal(await parquet(query, { table: await table(columns), options }));
    expect(await wanted(`${COLUMNS}, n int NOT NULL`, `SELECT 1::int AS id`)).toMatchObject({
      type: 'PublishFailed',
      message: expect.stringMatching(/no column n, which is never null/),
    });
    expect(await wanted(COLUMNS, `SELECT 'a' AS id`)).toMatchObject({
      message: expect.stringMatching(/column 1, id, is string/),
    });
    expect(await wanted('id int', `SELECT 1::int AS id, 2::int AS n`)).toMatchObject({
      message: expect.stringMatching(/by position/),
    });
  });

  test('may stand beside files that have them', async () => {
    const prefix = world.freshKey();
    await world.s3.putParquet(`${prefix}/1.parquet`, 'SELECT 1::int AS id');
    await world.s3.putParquet(`${prefix}/2.parquet`, `SELECT 2::int AS id, 'b' AS v`);
    const files = await store.list(`s3://lake/${prefix}/`);
    expect(await fileContents(store, files, 'parquet', true)).toEqual({
      rows: 2,
      columns: [
        { name: 'id', type: 'int32' },
        { name: 'v', type: 'string' },
      ],
    });
    await expect(fileContents(store, files, 'parquet')).rejects.toThrow('need the same columns');
    await world.s3.putParquet(`${prefix}/3.parquet`, `SELECT 3::int AS id, 'c' AS other`);
    const differing = fileContents(store, await store.list(`s3://lake/${prefix}/`), 'parquet', true);
    await expect(differing).rejects.toThrow('need the same columns');
  });
});

describe('a table that is made for files', () => {
  const ROWS = `SELECT DATE '2001-01-05' AS dt, 3::int AS "X"`;
  const made = (name: string) =>
    world.texts(
      `SELECT attname || ':' || format_type(atttypid, atttypmod) AS x FROM pg_attribute
       WHERE attrelid = '${name}'::regclass AND attnum > 0 ORDER BY attnum`,
    );

  test('has the names that a mapping gives them, now and at the next run', async () => {
    const to = await table();
    const more = { table: to, columns: { N: 'X', day: 'dt' }, createTable: true };
    for (const day of [5, 6]) {
      const wanted = await parquet(ROWS.replace('-05', `-0${day}`), { ...more, unit: `u/mapped/${day}` });
      expect(await world.publish(wanted)).toMatchObject({ status: 'done' });
    }
    expect(await made(to)).toBe('day:date n:integer');
    expect(await world.texts(`SELECT day || '=' || n AS x FROM ${to} ORDER BY day`)).toBe(
      '2001-01-05=3 2001-01-06=3',
    );
  });

  test('has the names of a list, in the order of the files', async () => {
    const to = await table();
    const wanted = await parquet(ROWS, {
      table: to,
      columns: ['day', 'n'],
      createTable: true,
      mode: 'upsert',
      uniqueKey: ['day'],
    });
    expect(await world.publish(wanted)).toMatchObject({ status: 'done' });
    expect(await made(to)).toBe('day:date n:integer');
  });

  test('needs a list that names all of them', async () => {
    const wanted = await parquet(ROWS, { table: await table(), columns: ['day'], createTable: true });
    expect(await refusal(wanted)).toMatchObject({
      type: 'PublishFailed',
      message: expect.stringMatching(
        /files have 2 \(dt, X\) columns and `columns` names 1 \(day\): name them all/,
      ),
    });
  });

  test.each([
    [`SELECT TIME '01:02:03' AS c`, /a column c of the type time.*cast it in the job's SQL/],
    [`SELECT TIMESTAMP_NS '2001-01-05 01:02:03' AS c`, /a column c of the type timestamp_ns/],
    ['SELECT [1, 2] AS c', /a column c of the type nested.*write options: { serializeToJson: true }/],
  ])('is not made where COPY could not load it: %s', async (query, message) => {
    const wanted = await parquet(query, { table: await table(), createTable: true });
    expect(await refusal(wanted)).toMatchObject({
      type: 'PublishFailed',
      message: expect.stringMatching(message),
    });
  });
});
