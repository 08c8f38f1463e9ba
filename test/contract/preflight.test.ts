import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlannedLoad } from '../../src/ports.ts';
import { startPublishWorld, type PublishWorld } from './publish-world.ts';

let world: PublishWorld;

beforeAll(async () => {
  world = await startPublishWorld();
  await world.run(
    'CREATE TABLE public.days (day date, key varchar, n int)',
    'CREATE VIEW public.seen AS SELECT 1 AS n',
  );
});

afterAll(() => world?.stop(), 60_000);

const DAYS: PlannedLoad = { table: 'public.days', mode: 'append' };
const faultsOf = async (load: Partial<PlannedLoad>) =>
  (await world.warehouse.check([{ ...DAYS, ...load }]))[0];

describe('before there are files, a look at the catalog', () => {
  test('finds nothing wrong with a table that fits', async () => {
    const columns = [
      { name: 'day', type: 'date' },
      { name: 'key', type: 'string' },
      { name: 'n', type: 'int32' },
    ];
    const load = {
      mode: 'upsert' as const,
      uniqueKey: ['day', 'key'],
      orderBy: ['n'],
      contents: { columns },
    };
    expect(await faultsOf(load)).toEqual([]);
  });

  test('finds a table missing, unless the run makes it', async () => {
    const gone = { table: 'public.nowhere' };
    expect(await faultsOf(gone)).toEqual([
      {
        code: 'table',
        type: 'PublishFailed',
        message: expect.stringMatching(/public\.nowhere does not exist; create it/),
      },
    ]);
    expect(await faultsOf({ ...gone, createTable: true })).toEqual([]);
    expect(await faultsOf({ ...gone, mayChange: true })).toEqual([]);
  });

  test('finds a view', async () => {
    expect(await faultsOf({ table: 'public.seen' })).toMatchObject([{ message: /is a view/ }]);
  });

  test('finds columns missing that the step names, and an upsert without a key', async () => {
    const named = { mode: 'upsert' as const, uniqueKey: ['dya'], orderBy: ['m'], columns: ['day', 'nn'] };
    const faults = await faultsOf(named);
    expect(faults?.map(({ message }) => message)).toEqual([
      expect.stringMatching(/no column dya, which `uniqueKey` names/),
      expect.stringMatching(/no column m, which `orderBy` names/),
      expect.stringMatching(/no column nn, which `columns` names/),
    ]);
    expect(await faultsOf({ mode: 'upsert' })).toMatchObject([
      { type: 'Rejected', message: /no primary key/ },
    ]);
  });

  test('finds columns that an upsert goes by and that nothing is loaded into', async () => {
    const load = { mode: 'upsert' as const, uniqueKey: ['day'], orderBy: ['n'] };
    expect(await faultsOf({ ...load, columns: ['key'] })).toMatchObject([
      { type: 'PublishFailed', message: /no column day, which upsert needs.*name it in `columns`/ },
      { type: 'PublishFailed', message: /no column n, which `orderBy` needs/ },
    ]);
    expect(await faultsOf({ ...load, columns: { N: 'amount', day: 'dt' } })).toEqual([]);
  });

  test('holds the columns of earlier files against the table: their count, order and types', async () => {
    const two = [
      { name: 'day', type: 'date' },
      { name: 'key', type: 'string' },
    ];
    expect(await faultsOf({ contents: { columns: two } })).toMatchObject([
      { message: /files have 2 .* has 3/ },
    ]);
    const options = { fillRecord: true };
    expect(await faultsOf({ contents: { columns: two }, options })).toEqual([]);
    const long = [...two, { name: 'n', type: 'int64' }];
    expect(await faultsOf({ contents: { columns: long } })).toMatchObject([
      { message: /column 3, n, is int64 in the files, and n is integer/ },
    ]);
  });

  test('asks once for many loads', async () => {
    const before = world.requests();
    const many = Array.from({ length: 20 }, (_, n) => ({ ...DAYS, table: `public.t${n}` }));
    expect((await world.warehouse.check([DAYS, ...many])).map((faults) => faults.length)).toEqual([
      0,
      ...many.map(() => 1),
    ]);
    expect(world.requests() - before).toBeLessThanOrEqual(3);
  });
});

describe('a look at the warehouse', () => {
  test('says how many slices it has, and that nothing is missing to its owner', async () => {
    expect(await world.warehouse.look(['public.days'])).toEqual({ missingPrivileges: [], slices: 2 });
  });

  test('says which privileges a user lacks', async () => {
    await world.run('REVOKE INSERT, DELETE ON public.days FROM awsuser');
    const { missingPrivileges } = await world.warehouse.look(['public.days']);
    expect(missingPrivileges).toEqual(['insert, delete on public.days']);
    await world.run('GRANT INSERT, DELETE ON public.days TO awsuser');
  });

  test('finds a bucket missing, by a COPY of nothing that leaves nothing behind', async () => {
    expect(await world.warehouse.readFault({ path: 's3://lake/x/' })).toBeUndefined();
    expect(await world.warehouse.readFault({ path: 's3://nowhere-at-all/x/' })).toMatchObject({
      code: 'bucket',
    });
    expect(
      await world.rows("SELECT tablename FROM pg_tables WHERE tablename = 'millrace_preflight'"),
    ).toEqual([]);
  });
});
