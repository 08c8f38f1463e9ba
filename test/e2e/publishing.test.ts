import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunResult } from '../../src/domain/run.ts';
import { failureOf } from '../failure-of.ts';
import { millrace } from './cli.ts';
import { createWorld, type World } from './world.ts';

/** What the warehouse can do for a run, through the workflow, on the real local stack. */

/** Of 1 KB each. */
const WIDE_ROWS = 12_288;

let world: World;

beforeAll(async () => {
  world = await createWorld();
  await world.warehouse.run('CREATE TABLE public.sales (day date, shop varchar, n int)');
  await world.warehouse.run(
    "INSERT INTO public.sales VALUES ('2001-01-05', 'a', 1), ('2001-01-05', 'a', 2), ('2001-01-05', 'b', 3), ('2001-01-06', 'b', 4)",
  );
  await world.warehouse.run('CREATE TABLE public.notes (day date, words varchar, n int, sure boolean)');
});
afterAll(async () => world?.stop(), 60_000);

let count = 0;

async function start(steps: string) {
  const yaml = `defaults: { engine: etl, warehouse: analytics }\nsteps:\n${steps}`;
  return world.start(`publishing-${(count += 1)}`, yaml, '2001-01-05');
}
const run = async (steps: string) => (await (await start(steps)).result()) as RunResult;
const command = (args: string[]) =>
  millrace([...args, '--json', '--config', world.config], {
    ...world.stack.env,
    TEMPORAL_ADDRESS: world.stack.endpoints.temporal,
  });
const resultOf = ({ steps }: RunResult, id: string) => steps.find((step) => step.id === id)?.result;

describe('redshiftUnload', () => {
  test('writes partitioned Parquet with a manifest, which a job reads and a load publishes', async () => {
    await world.warehouse.run('CREATE TABLE public.copied (day date, n int)');
    const result = await run(`
  - id: export
    redshiftUnload:
      query: select day, shop, n from public.sales where day = \${interval.date}
      to: s3://lake/unload/dt=\${interval.date}/
      partitionBy: [shop]
      maxFileSizeMb: 5
  - id: plain
    redshiftUnload:
      query: select day, n from public.sales where day = \${interval.date}
      to: s3://lake/plain/
      parallel: false
  - id: load
    redshiftCopy: { from: { path: "s3://lake/plain/*.parquet", format: parquet }, table: public.copied, mode: append }
`);
    expect(resultOf(result, 'export')).toMatchObject({
      path: 's3://lake/unload/dt=2001-01-05/',
      output: { path: 's3://lake/unload/dt=2001-01-05/', format: 'parquet' },
      rows: 3,
      files: 2,
      bytes: expect.any(Number),
    });
    const keys = await world.keys('lake', 'unload/');
    expect(keys.filter((key) => key.endsWith('.parquet'))).toEqual([
      expect.stringMatching(/^unload\/dt=2001-01-05\/shop=a\/.*\.parquet$/),
      expect.stringMatching(/^unload\/dt=2001-01-05\/shop=b\/.*\.parquet$/),
    ]);
    expect(keys).toContain('unload/dt=2001-01-05/manifest');
    expect(resultOf(result, 'load')).toMatchObject({ rows: 3 });
    expect(await world.warehouse.rows('SELECT COUNT(*), SUM(n) FROM public.copied')).toEqual([['3', '6']]);
  });

  test('takes the place of the rows of before, with the partitions that are no more', async () => {
    const steps = (where: string) => `
  - id: export
    redshiftUnload: { query: "select n, shop from public.sales where ${where}", to: s3://lake/again/, partitionBy: [shop] }
`;
    await run(steps('true'));
    const result = resultOf(await run(steps("shop = 'b'")), 'export');
    expect(result).toMatchObject({ rows: 2, files: 1, removed: 1 });
    const keys = await world.keys('lake', 'again/');
    expect(keys).toEqual(['again/manifest', expect.stringMatching(/^again\/shop=b\/.*\.parquet$/)]);
  });

  test('divides what is larger than a file may be', async () => {
    await world.warehouse.run('CREATE TABLE public.wide (text varchar(1024))');
    const texts = Array.from({ length: 48 }, (_, n) => `(REPEAT(MD5('${n}'), 32))`);
    await world.warehouse.run(`INSERT INTO public.wide VALUES ${texts.join(', ')}`);
    for (let doubled = 48; doubled < WIDE_ROWS; doubled *= 2)
      await world.warehouse.run('INSERT INTO public.wide SELECT text FROM public.wide');
    const steps = `
  - id: export
    redshiftUnload: { query: select text from public.wide, to: s3://lake/wide/, format: csv, header: false, parallel: false, maxFileSizeMb: 5 }
`;
    const result = resultOf(await run(steps), 'export') as unknown as {
      rows: number;
      files: number;
      bytes: number;
    };
    expect(result.rows).toBe(WIDE_ROWS);
    expect(result.files).toBeGreaterThan(2);
    expect(result.files).toBe(Math.ceil(result.bytes / (5 * 2 ** 20)));
    // A second run takes the place of the first.
    expect(await run(steps).then((again) => resultOf(again, 'export'))).toMatchObject({
      files: result.files,
    });
    expect(await world.keys('lake', 'wide/')).toHaveLength(result.files + 1);
  });
});

describe('a load that meets bad rows', () => {
  const steps = (more: string) => `
  - id: file
    putObject: { path: s3://lake/bad/rows.csv, content: "day,shop,n\\n2001-01-05,x,1\\n2001-01-05,y,many\\n" }
  - id: publish
    redshiftCopy: { from: { path: s3://lake/bad/, format: csv }, table: public.strict, mode: replace${more} }
`;
  const loaded = () => world.warehouse.rows('SELECT shop, n FROM public.strict ORDER BY shop');

  test('fails with file, line, column, value and reason, in the failure and in show, and changes nothing', async () => {
    await world.warehouse.run('CREATE TABLE public.strict (day date, shop varchar, n int)');
    await world.warehouse.run("INSERT INTO public.strict VALUES ('2001-01-04', 'old', 7)");
    const handle = await start(steps(''));
    const { type, message } = await failureOf(handle.result());
    expect(type).toBe('PublishFailed');
    expect(message).toMatch(/s3:\/\/lake\/bad\/rows\.csv, line 3, column n \(integer\): the value "many"/);
    expect(await loaded()).toEqual([['old', '7']]);
    const shown = await command(['show', handle.workflowId]);
    const { steps: all } = JSON.parse(shown.stdout) as { steps: { failure: unknown }[] };
    expect(all[1]?.failure).toMatchObject({
      type: 'PublishFailed',
      loadErrors: [
        { file: 's3://lake/bad/rows.csv', line: 3, column: 'n', value: 'many', raw: '2001-01-05,y,many' },
      ],
    });
  });

  test('leaves out as many as maxErrors says, and keeps them in S3', async () => {
    const result = resultOf(await run(steps(', maxErrors: 1')), 'publish');
    expect(result).toMatchObject({
      rows: 1,
      rejected: 1,
      rejectedPath: expect.stringMatching(/^s3:\/\/lake\/_millrace\/rejected\//),
    });
    expect(await loaded()).toEqual([['x', '1']]);
    expect(await world.keys('lake', '_millrace/rejected/')).toHaveLength(1);
  });
});

describe('redshiftSql', () => {
  test('binds parameters as values, whatever is in them', async () => {
    const words = `it's "quoted" \\\\ 'x'; drop table public.notes; -- :n`;
    const result = await run(`
  - id: note
    redshiftSql:
      query: |
        insert into public.notes values (\${interval.date}, :words, :n, :sure); -- :nobody
        select words, n, sure, n::int as cast_n from public.notes where words = :words
      parameters: { words: ${JSON.stringify(words)}, n: 7, sure: true }
  - id: nothing
    redshiftSql:
      query: insert into public.notes values (\${interval.date}, :words, :n, null)
      parameters: { words: "", n: null }
`);
    expect(resultOf(result, 'note')).toMatchObject({
      rowsAffected: 1,
      row: { words, n: 7, sure: true, cast_n: 7 },
    });
    expect(resultOf(result, 'nothing')).toMatchObject({ rowsAffected: 1 });
    expect(
      await world.warehouse.rows("SELECT COUNT(*) FROM public.notes WHERE words = '' AND n IS NULL"),
    ).toEqual([['1']]);
  });

  test('with autoCommit keeps what was done before a statement that fails, and takes what no transaction may', async () => {
    const { message } = await failureOf(
      (
        await start(`
  - id: tidy
    redshiftSql:
      autoCommit: true
      query: |
        truncate public.notes;
        insert into public.notes values (\${interval.date}, 'kept', 1, false);
        vacuum public.notes;
        select nowhere from public.notes;
        insert into public.notes values (\${interval.date}, 'never', 2, false)
`)
      ).result(),
    );
    expect(message).toMatch(/^step tidy, attempt 1 of 1: JobFailed: .*nowhere/);
    expect(await world.warehouse.rows('SELECT words FROM public.notes')).toEqual([['kept']]);
    const refused = await failureOf(
      (await start('  - id: tidy\n    redshiftSql: { query: truncate public.notes }\n')).result(),
    );
    expect([refused.type, refused.message]).toEqual(['Rejected', expect.stringMatching(/autoCommit: true/)]);
  });
});

describe('check', () => {
  test('passes with several expectations, and tells of those that only warn', async () => {
    const result = await run(`
  - id: sane
    check:
      expectations:
        - { name: enough, query: "select count(*) as n from public.sales where day = \${interval.date}", expect: row.n >= 3 }
        - { name: known, query: "select * from public.sales where shop = :shop", parameters: { shop: c }, noRows: true }
        - { name: single, severity: warn, noRows: true, query: "select shop, count(*) as n from public.sales group by shop having count(*) > 1 order by shop" }
`);
    expect(resultOf(result, 'sane')).toMatchObject({
      passed: false,
      row: { n: 3 },
      warnings: [expect.stringMatching(/single/)],
      sample: [
        { shop: 'a', n: 2 },
        { shop: 'b', n: 2 },
      ],
      expectations: [{ passed: true }, { passed: true }, { passed: false, broken: 2 }],
    });
  });

  test('fails with the rows that are wrong in its words, and in show', async () => {
    const handle = await start(
      '  - id: sane\n    check: { query: select n from public.sales where n > 3, noRows: true }\n',
    );
    const { type, message } = await failureOf(handle.result());
    expect(type).toBe('JobFailed');
    expect(message).toMatch(/"n":4/);
    const shown = await command(['show', handle.workflowId]);
    const { steps: all } = JSON.parse(shown.stdout) as { steps: { failure: unknown }[] };
    expect(all[0]?.failure).toMatchObject({ type: 'JobFailed', sample: [{ n: 4 }] });
  });
});

describe('before a cluster is started', () => {
  const pipeline = (table: string, query: string) => `defaults: { engine: etl, warehouse: analytics }
steps:
  - id: rows
    sql: { query: "${query}", output: { path: "s3://lake/pre/dt=\${interval.date}/", format: parquet } }
  - id: publish
    redshiftCopy: { from: "\${steps.rows.output}", table: ${table}, mode: replaceWhere, where: "day = \${interval.date}" }
`;
  const preflight = async (name: string) => {
    const { code, stdout } = await command(['preflight', name, '--interval', '2001-01-05']);
    return { code, found: JSON.parse(stdout) as Record<string, unknown>[] };
  };

  test('a run whose table is missing ends without a job', async () => {
    const handle = await world.start('no-target', pipeline('public.missing', 'select 1 as n'), '2001-01-05');
    const { message } = await failureOf(handle.result());
    expect(message).toMatch(/^step publish: PublishFailed: the table public.missing does not exist/);
    expect(await world.step(handle, 'rows')).toMatchObject({ state: 'waiting' });
    expect(await preflight('no-target')).toMatchObject({
      code: 2,
      found: [{ step: 'publish', level: 'error', code: 'table', fix: expect.stringMatching(/create it/) }],
    });
  });

  test('preflight holds what the job wrote before against the table', async () => {
    const fits = "select ${interval.date} as day, 'a' as shop, cast(1 as int) as n";
    const handle = await world.start('fits', pipeline('public.sales', fits), '2001-01-05');
    await handle.result();
    expect(await preflight('fits')).toEqual({ code: 0, found: [] });
    await world.warehouse.run('ALTER TABLE public.sales DROP COLUMN n');
    await world.warehouse.run('ALTER TABLE public.sales ADD COLUMN n date');
    expect(await preflight('fits')).toMatchObject({
      code: 2,
      found: [
        {
          step: 'publish',
          code: 'columns',
          message: expect.stringMatching(/n, is int32 in the files, and n is date/),
        },
      ],
    });
  });

  test('preflight says so where a bucket or a warehouse is missing', async () => {
    await writeFile(
      join(world.folder, 'lost.pipeline.yaml'),
      `name: lost\nsteps:\n  - id: publish\n    redshiftCopy: { warehouse: analytics, from: { path: s3://no-such-bucket/x/, format: csv }, table: public.notes, mode: append }\n`,
    );
    expect(await preflight('lost')).toMatchObject({
      code: 2,
      found: [{ step: 'publish', level: 'error', code: 'bucket' }],
    });
  });
});
