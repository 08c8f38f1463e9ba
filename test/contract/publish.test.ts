import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PublishRequest } from '../../src/ports.ts';
import { startPublishWorld, type PublishWorld } from './publish-world.ts';

let world: PublishWorld;

beforeAll(async () => {
  world = await startPublishWorld();
  await world.run('CREATE TABLE public.days (day date, key varchar, n int)');
});

afterAll(() => world?.stop(), 60_000);

beforeEach(async () => {
  await world.run('DELETE FROM public.days');
});

const contents = () => world.texts(`SELECT key || '=' || n AS x FROM public.days ORDER BY key, n`);
const stages = () =>
  world.texts(`SELECT tablename AS x FROM pg_tables WHERE LEFT(tablename, 5) = 's_mr_' ORDER BY tablename`);
/** What follows the lock in a publication. */
const LEDGER_GUARD = 1;

describe('publishing', () => {
  test('by upsert replaces rows with the same key and leaves the others', async () => {
    await world.publish(await world.request("('a', 1), ('b', 2)"));
    await world.publish(await world.request("('b', 3), ('c', 4)"));
    expect(await contents()).toBe('a=1 b=3 c=4');
  });

  test('by replaceWhere replaces all that the condition holds for', async () => {
    const where = "day = DATE '2001-01-05'";
    await world.run("INSERT INTO public.days VALUES ('2001-01-04', 'old', 9)");
    await world.publish(await world.request("('a', 1), ('b', 2)", { mode: 'replaceWhere', where }));
    await world.publish(await world.request("('c', 3)", { mode: 'replaceWhere', where }));
    expect(await contents()).toBe('c=3 old=9');
  });

  test('by replaceWhere takes a condition that ends in a comment', async () => {
    const where = "day = DATE '2001-01-05' -- the day";
    await world.publish(await world.request("('a', 1)", { mode: 'replaceWhere', where }));
    await world.publish(await world.request("('b', 2)", { mode: 'replaceWhere', where }));
    expect(await contents()).toBe('b=2');
  });

  test('by append adds the rows, and no other files for the same unit', async () => {
    const first = await world.request("('a', 1)", { mode: 'append' });
    await world.publish(first);
    await world.publish(await world.request("('a', 1)", { mode: 'append' }));
    expect(await contents()).toBe('a=1 a=1');
    const again = await world.request("('a', 2)", { mode: 'append', unit: first.unit, seq: 2_000 });
    expect(await world.publish(again)).toMatchObject({ status: 'failed', statement: 0 });
    expect(await contents()).toBe('a=1 a=1');
    expect(await world.ledger(again)).toMatchObject({
      published: 0,
      any_key: 1,
      newest_files: first.manifestHash,
    });
  });

  test('by replace leaves the new rows and nothing else', async () => {
    await world.run("INSERT INTO public.days VALUES ('1999-12-31', 'old', 9)");
    await world.publish(await world.request("('a', 1), ('b', 2)", { mode: 'replace' }));
    expect(await contents()).toBe('a=1 b=2');
  });

  test('by upsert takes the newest of rows with the same key, where it is told by which columns', async () => {
    await world.run("INSERT INTO public.days VALUES ('2001-01-05', 'a', 9), ('2001-01-05', 'c', 7)");
    const rows = "('a', 1), ('a', 3), ('a', 2), ('b', 1)";
    await world.publish(await world.request(rows, { orderBy: ['n'] }));
    expect(await contents()).toBe('a=3 b=1 c=7');
  });

  test('by upsert takes the primary key where no columns are named', async () => {
    await world.run('CREATE TABLE public.keyed (day date, key varchar PRIMARY KEY, n int)');
    const to = { table: 'public.keyed', mode: 'upsert' as const };
    await world.publish(await world.request("('a', 1)", to));
    await world.publish(await world.request("('a', 2), ('b', 1)", to));
    expect(await world.texts(`SELECT key || '=' || n AS x FROM public.keyed ORDER BY key`)).toBe('a=2 b=1');
  });

  test('leaves no stage behind, and one row in the ledger', async () => {
    const wanted = await world.request("('a', 1)");
    await world.publish(wanted);
    expect(await stages()).toBe('');
    expect(await world.ledger(wanted)).toMatchObject({ published: 1, same_files: 1, newer: 0, row_count: 1 });
  });

  test('a table without a schema is the one in public, so that both publish under one lock', async () => {
    const first = await world.request("('a', 1)", { table: 'Days', mode: 'append' });
    await world.publish(first);
    expect(await world.ledger({ ...first, table: 'public.days' })).toMatchObject({ published: 1 });
  });

  test('the same key again loads nothing: a guard stops it and the ledger says why', async () => {
    const wanted = await world.request("('a', 1)");
    const { plan } = await world.stage(wanted);
    await world.finish(plan.publish, `${wanted.key}-p`);
    await world.run("UPDATE public.days SET n = 7 WHERE key = 'a'");
    expect(await world.publish(wanted, 'again')).toMatchObject({ status: 'failed', statement: 0 });
    const late = await world.finish(plan.publish, `${wanted.key}-late`);
    expect(late).toMatchObject({
      status: 'failed',
      statement: LEDGER_GUARD,
      message: expect.stringMatching(/division by zero/),
    });
    expect(await contents()).toBe('a=7');
    expect(await world.ledger(wanted)).toMatchObject({ published: 1 });
  });

  test('an older run does not publish over a newer one', async () => {
    const unit = 'test/publish/late';
    const older = await world.request("('a', 1)", { seq: 1_000, unit });
    const { plan } = await world.stage(older);
    const newer = await world.request("('a', 2)", { seq: 2_000, unit });
    await world.publish(newer);
    const late = await world.finish(plan.publish, `${older.key}-p`);
    expect(late).toMatchObject({ status: 'failed', statement: LEDGER_GUARD });
    expect(await contents()).toBe('a=2');
    expect(await world.ledger(older)).toMatchObject({ published: 0, newer: 1 });
    await world.finish(plan.cleanUp);
  });

  test('two publishers of the same key at once load it once', async () => {
    const wanted = await world.request("('a', 1), ('b', 2), ('c', 3)", {
      mode: 'replaceWhere',
      where: "day >= DATE '2001-01-01'",
    });
    const { plan } = await world.stage(wanted);
    const both = await Promise.all([
      world.finish(plan.publish, `${wanted.key}-p1`),
      world.finish(plan.publish, `${wanted.key}-p2`),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['done', 'failed']);
    expect(await contents()).toBe('a=1 b=2 c=3');
    expect(await world.ledger(wanted)).toMatchObject({ published: 1 });
  });

  test('sweeps the stages of others that nobody can use any more, and leaves the rest', async () => {
    const name = (time: number) =>
      `s_${world.freshKey().replaceAll('-', '_')}_${(Date.now() - time).toString(36)}`;
    const hour = 3_600_000;
    const [old, young] = [name(49 * hour), name(47 * hour)];
    await world.run(`CREATE TABLE millrace.${old} (x int)`, `CREATE TABLE millrace.${young} (x int)`);
    await world.publish(await world.request("('a', 1)"));
    expect(await stages()).toBe(young);
    await world.run(`DROP TABLE millrace.${young}`);
  });

  test('what is new is sent without a look for it, and found by its token all the same', async () => {
    const [key, before] = [world.freshKey(), world.requests()];
    const batch = { statements: ['SELECT 1', 'SELECT 2'] };
    const { id } = await world.warehouse.submit(batch, key, true);
    expect(world.requests() - before).toBe(1);
    expect(await world.warehouse.submit(batch, key, true)).toMatchObject({ id });
    expect(await world.warehouse.submit(batch, key)).toMatchObject({ id, found: true });
  });

  test('takes few requests, whatever is loaded', async () => {
    const wanted = await world.request("('a', 1)");
    const before = world.requests();
    await world.publish(wanted);
    expect(world.requests() - before).toBeLessThanOrEqual(12);
  });

  test('two runs of the same interval at once: the newer one wins, whoever came first', async () => {
    const unit = 'test/publish/race';
    const where = "day >= DATE '2001-01-01'";
    const older = await world.request("('older', 1)", { mode: 'replaceWhere', where, unit, seq: 1 });
    const newer = await world.request("('newer', 1)", { mode: 'replaceWhere', where, unit, seq: 2 });
    await Promise.all([world.publish(older), world.publish(newer)]);
    expect(await contents()).toBe('newer=1');
  });
});

describe('a guard stops', () => {
  const guardOf = async (wanted: PublishRequest) => {
    const { plan } = await world.stage(wanted);
    const { status, statement } = await world.finish(plan.publish, `${wanted.key}-p`);
    expect(status).toBe('failed');
    expect(await contents()).toBe('');
    return plan.guards.publish[statement ?? -1];
  };

  test('a stage with other rows than the files', async () => {
    expect(await guardOf(await world.request("('a', 1), ('b', 2)", { contents: { rows: 3 } }))).toMatch(
      /does not have the 3 rows/,
    );
  });

  test('rows that the unique key does not tell apart', async () => {
    expect(await guardOf(await world.request("('a', 1), ('a', 2)"))).toMatch(
      /several rows with the same day, key/,
    );
  });

  test('rows of which none is the newest', async () => {
    const tied = await world.request("('a', 2), ('a', 2), ('a', 1)", { orderBy: ['n'] });
    expect(await guardOf(tied)).toMatch(/the same day, key and the same n, so that none is the newest/);
  });

  test('rows whose key is null', async () => {
    expect(await guardOf(await world.request("('a', 1), (NULL, 2)"))).toMatch(/day, key is null/);
  });

  test('rows outside of `where`', async () => {
    const wanted = await world.request("('a', 1)", { mode: 'replaceWhere', where: "key = 'b'" });
    expect(await guardOf(wanted)).toMatch(/outside of `where/);
  });
});

describe('a statement', () => {
  test('is submitted once per key, and found by it', async () => {
    const key = `${world.freshKey()}-once`;
    const insert = { statements: ["INSERT INTO public.days VALUES ('2001-01-05', 'x', 1)"] };
    await Promise.all([world.finish(insert, key), world.finish(insert, key)]);
    const again = await world.warehouse.submit(insert, key);
    expect(again.found).toBe(true);
    expect(await world.warehouse.find(key)).toEqual({ id: again.id, key });
    expect(await contents()).toBe('x=1');
  });

  test('that fails says which one of the batch and why, and nothing of it stays', async () => {
    const statements = [
      "INSERT INTO public.days VALUES ('2001-01-05', 'x', 1)",
      'SELECT nowhere FROM public.days',
    ];
    expect(await world.finish({ statements })).toMatchObject({
      status: 'failed',
      statement: 1,
      message: expect.stringMatching(/nowhere/),
    });
    expect(await contents()).toBe('');
  });

  test('is cancelled until that is confirmed; one that has ended is left alone', async () => {
    const ref = await world.warehouse.submit(
      { statements: ['SELECT pg_sleep(600)'] },
      `${world.freshKey()}-long`,
    );
    await world.warehouse.cancel(ref);
    expect((await world.warehouse.poll([ref])).get(ref.id)).toMatchObject({ status: 'cancelled' });
    await world.warehouse.cancel(ref);
  });

  test('that nobody knows is missing in the poll', async () => {
    const id = '00000000-0000-0000-0000-000000000000';
    expect((await world.warehouse.poll([{ id, key: 'x' }])).has(id)).toBe(false);
  });

  test('whose ID is none is lost, and the others are polled all the same', async () => {
    const { id } = await world.finish({ statements: ['SELECT 1'] });
    const states = await world.warehouse.poll([
      { id: 'typed by hand', key: 'x' },
      { id, key: 'y' },
    ]);
    expect([...states]).toEqual([[id, { status: 'done' }]]);
  });

  test('is found by its name among more than a page of names that begin alike', async () => {
    const key = world.freshKey();
    const { id } = await world.finish({ statements: ['SELECT 1'] }, key);
    const others = Array.from({ length: 101 }, (_, n) => `${key}${n}`);
    await Promise.all(others.map((other) => world.finish({ statements: ['SELECT 1'] }, other)));
    expect(await world.warehouse.find(key)).toEqual({ id, key });
  });

  test('that a restart of the warehouse cuts off is neither done nor rolled back for sure', async () => {
    const key = `${world.freshKey()}-restart`;
    const statement = { statements: ['SELECT pg_sleep(600)'] };
    await world.warehouse.submit(statement, key);
    await world.emulator.restart();
    expect(await world.finish(statement, key)).toMatchObject({ status: 'failed', transient: 'unclear' });
  });
});
