import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowFailedError } from '@temporalio/client';
import type { RunResult } from '../../src/domain/run.ts';
import { createWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
  await world.warehouse.run('CREATE TABLE public.facts (day date, key varchar, n int)');
});
afterAll(async () => world?.stop(), 60_000);

let count = 0;

/** Runs steps as a pipeline of their own, to their end. */
async function run(steps: string, interval = '2001-01-05', more = ''): Promise<RunResult> {
  const yaml = `defaults: { engine: etl, warehouse: analytics }\n${more}steps:\n${steps}`;
  const handle = await world.start(`kinds-${(count += 1)}`, yaml, interval);
  return (await handle.result()) as RunResult;
}

const resultOf = ({ steps }: RunResult, id: string) => steps.find((step) => step.id === id)?.result;

async function messageOf(failed: Promise<unknown>): Promise<string> {
  const error = await failed.then(
    () => undefined,
    (error: unknown) => error as WorkflowFailedError,
  );
  return error?.cause?.message ?? 'it did not fail';
}

describe('each kind of step, on the real local stack', () => {
  test('ensureCluster says that DuckDB has none to wait for', async () => {
    const result = await run('  - id: cluster\n    ensureCluster: { release: whenIdle }\n');
    expect(resultOf(result, 'cluster')).toMatchObject({
      cluster: 'none',
      started: false,
      waitedSeconds: 0,
      attempts: 1,
    });
  });

  test('sql reads one format and writes another, on local paths too', async () => {
    const files = join(world.folder, 'files');
    const result = await run(`
  - id: csv
    sql:
      query: "select range as n, 'a, \\"b\\"' as text from range(5)"
      output: { path: "${files}/csv/", format: csv }
  - id: json
    sql:
      inputs: { rows: "\${steps.csv.output}" }
      query: select n * 2 as n, text from rows where n > 1 order by n
      output: { path: "${files}/json/", format: json }
`);
    expect(resultOf(result, 'csv')).toMatchObject({ rows: 5, files: 1 });
    expect(resultOf(result, 'json')).toMatchObject({ rows: 3, files: 1, output: { format: 'json' } });
    const lines = readFileSync(join(files, 'json', 'part-0.json'), 'utf8')
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      [4, 6, 8].map((n) => ({ n, text: 'a, "b"' })),
    );
  });

  test('redshiftSql runs its statements as one transaction, with values in them', async () => {
    const result = await run(
      `
  - id: load
    redshiftSql:
      query: |
        insert into public.facts values (\${interval.date}, \${params.key}, 1);
        insert into public.facts values (\${interval.date}, \${params.key}, 2);
        select sum(n) as total, count(*) as rows, max(day) as day, null as nothing from public.facts where key in \${params.keys};
`,
      '2001-01-05',
      'params: { key: alpha, keys: [alpha, beta] }\n',
    );
    expect(resultOf(result, 'load')).toMatchObject({
      rowsAffected: 2,
      row: { total: 3, rows: 2, day: '2001-01-05', nothing: null },
    });
    const broken = '  - id: load\n    redshiftSql: { query: "delete from public.facts; select nowhere" }\n';
    expect(await messageOf(run(broken))).toMatch(/^step load, attempt 1 of 1: JobFailed: .*nowhere/);
    expect(await world.warehouse.rows('SELECT COUNT(*) FROM public.facts')).toEqual([['2']]);
  });

  test('check passes or fails by the first row', async () => {
    const check = (expected: string) =>
      `  - id: rows\n    check: { query: "select count(*) as n from public.facts", expect: "${expected}" }\n`;
    expect(resultOf(await run(check('row.n >= 0')), 'rows')).toMatchObject({
      passed: true,
      row: { n: expect.any(Number) },
    });
    expect(await messageOf(run(check('row.n < 0')))).toMatch(/expected row.n < 0, and the row is {"n":\d+}/);
  });

  test('redshiftCopy by replaceWhere replaces the interval and nothing else', async () => {
    await world.warehouse.run(
      "INSERT INTO public.facts VALUES ('2001-02-01', 'old', 1), ('2001-02-02', 'other', 2)",
    );
    const steps = `
  - id: rows
    sql:
      query: "select \${interval.date} as day, 'new' as key, cast(range as int) as n from range(3)"
      output: { path: "s3://lake/facts/dt=\${interval.date}/", format: parquet }
  - id: publish
    redshiftCopy: { from: "\${steps.rows.output}", table: public.facts, mode: replaceWhere, where: "day = \${interval.date}" }
`;
    const result = await run(steps, '2001-02-01');
    expect(resultOf(result, 'publish')).toMatchObject({ rows: 3, files: 1, alreadyLoaded: false });
    const rows = "SELECT key, COUNT(*) FROM public.facts WHERE day >= '2001-02-01' GROUP BY key ORDER BY key";
    expect(await world.warehouse.rows(rows)).toEqual([
      ['new', '3'],
      ['other', '1'],
    ]);
  });

  test('waitForData waits for the marker that putObject writes beside it', async () => {
    const result = await run(`
  - id: found
    needs: []
    timeout: 1m
    waitForData: { path: "s3://raw/marked/dt=\${interval.date}/", marker: _SUCCESS, count: 2 }
  - id: one
    needs: []
    putObject: { path: "s3://raw/marked/dt=\${interval.date}/a.json", content: { interval: "\${interval.id}" } }
  - id: two
    needs: [one]
    putObject: { path: "s3://raw/marked/dt=\${interval.date}/b.txt", content: "\${steps.one.bytes}" }
  - id: marker
    needs: [two]
    putObject: { path: "s3://raw/marked/dt=\${interval.date}/_SUCCESS", content: "" }
`);
    expect(resultOf(result, 'one')).toMatchObject({ files: 1, bytes: 26 });
    expect(resultOf(result, 'found')).toMatchObject({
      count: 2,
      bytes: 29,
      files: ['s3://raw/marked/dt=2001-01-05/a.json', 's3://raw/marked/dt=2001-01-05/b.txt'],
    });
  });

  test('waitForData that waits in vain is InputMissing', async () => {
    const steps = '  - id: never\n    timeout: 1s\n    waitForData: { path: s3://raw/never/ }\n';
    expect(await messageOf(run(steps))).toBe('step never, attempt 1 of 1: InputMissing: timed out after 1s');
  });

  test('notify sends its message to the webhook, once', async () => {
    const result = await run(
      '  - id: tell\n    notify: { webhook: oncall, message: "all of ${interval.id} is there" }\n',
    );
    expect(resultOf(result, 'tell')).toMatchObject({ status: 200 });
    const received = readFileSync(join(world.folder, 'stack', 'webhook.log'), 'utf8');
    expect(received.match(/all of 2001-01-05 is there/g)).toHaveLength(1);
  });
});
