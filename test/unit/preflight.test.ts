import { describe, expect, test } from '@jest/globals';
import { fileWarnings } from '../../src/cli/preflight/files.ts';
import { hasJobs, plannedFiles, plannedLoads } from '../../src/domain/preflight.ts';
import { whatStopped } from '../../src/publishers/redshift/read-probe.ts';
import { loadText } from './load-text.ts';
import { scope } from './scope.ts';

const HEAD = 'name: p\ndefaults: { engine: e, warehouse: w }\nsteps:\n';
const NOTE = 'notify: { webhook: w, message: x }\n';
const COPY = 'redshiftCopy: { from: { path: s3://b/x/, format: parquet }, table: public.t, mode: replace';

async function definitionOf(steps: string) {
  const { definition, problems } = await loadText(HEAD + steps);
  if (!definition) throw new Error(JSON.stringify(problems));
  return definition;
}

describe('the loads that are known at the start of a run', () => {
  const planned = async (steps: string) => plannedLoads(await definitionOf(steps), scope);

  test('are those of its redshiftCopy steps, with what their table has to have', async () => {
    const steps = `  - id: a\n    redshiftCopy: { from: { path: s3://b/x/, format: parquet }, table: "public.\${interval.id == '' ? '' : 't'}", mode: upsert, uniqueKey: [k], orderBy: n }\n`;
    expect(await planned(steps)).toEqual([
      {
        step: 'a',
        warehouse: 'w',
        load: { table: 'public.t', mode: 'upsert', uniqueKey: ['k'], orderBy: ['n'] },
      },
    ]);
  });

  test.each([
    ['fails without harm', `  - id: a\n    allowFailure: true\n    ${COPY} }\n`],
    ['is left out', `  - id: a\n    when: interval.weekday == 1\n    ${COPY} }\n`],
    [
      'has a table that only the run knows',
      `  - id: s\n    shell: { script: "true" }\n  - id: a\n    redshiftCopy: { from: { path: s3://b/x/, format: parquet }, table: "\${steps.s.values.t}", mode: replace }\n`,
    ],
  ])('leave out one that %s', async (_, steps) => {
    expect(await planned(steps)).toEqual([]);
  });

  test('one under a condition on what comes before is among them', async () => {
    const steps = `  - id: q\n    redshiftSql: { query: select 1 as n }\n  - id: a\n    when: steps.q.row.n > 0\n    ${COPY} }\n`;
    expect(await planned(steps)).toMatchObject([{ step: 'a' }]);
  });

  const q = (query: string) => `  - id: q\n    redshiftSql: { query: '${query}' }\n`;

  test.each([
    [q('select 1 as n'), {}],
    [q('create table public.t (n int)'), { mayChange: true }],
    [q('alter table public.t_new rename to "T"'), { mayChange: true }],
    [q('delete from public.u; drop schema public cascade'), { mayChange: true }],
    [q('select 1 as n into public.t'), { mayChange: true }],
    [q('alter table ${ident(interval.id)} add column n int'), { mayChange: true }],
    [q('create table if not exists public.t (n int)'), { createTable: true }],
    [q('create table if not exists public.t (n int); drop table public.t'), { mayChange: true }],
    [q('create table public.means (n int)'), {}],
    [q('delete from public.t; insert into public.t values (1)'), {}],
    [q('call make_it()'), { mayChange: true }],
    ['  - id: q\n    shell: { script: make-it }\n', { mayChange: true }],
    ['  - id: q\n    activateDataPipeline: { name: makes-it }\n', { mayChange: true }],
    [`  - id: q\n    ${COPY}, createTable: true }\n`, { createTable: true }],
  ])('after %j the table may be another one, or be made: %j', async (before, effect) => {
    const loads = await planned(before + `  - id: a\n    ${COPY} }\n`);
    const { mayChange, createTable } = loads.find(({ step }) => step === 'a')?.load ?? {};
    expect({ ...(mayChange && { mayChange }), ...(createTable && { createTable }) }).toEqual(effect);
  });

  test.each([
    ['after it', `  - id: a\n    ${COPY} }\n${q('drop table public.t')}`, undefined],
    [
      'after it by `needs`',
      `  - id: a\n    needs: []\n    ${COPY} }\n  - id: b\n    needs: [a]\n    ${NOTE}  - id: q\n    needs: [b]\n    shell: { script: x }\n`,
      undefined,
    ],
    [
      'beside it',
      `  - id: b\n    needs: []\n    ${NOTE}  - id: a\n    needs: [b]\n    ${COPY} }\n  - id: q\n    needs: [b]\n    shell: { script: x }\n`,
      true,
    ],
  ])('what comes %s', async (_, steps, mayChange) => {
    const loads = await planned(steps);
    expect(loads.find(({ step }) => step === 'a')?.load.mayChange).toBe(mayChange);
  });

  test('save a cluster’s time only where there are jobs', async () => {
    expect(hasJobs(await definitionOf(`  - id: a\n    ${COPY} }\n`))).toBe(false);
    expect(hasJobs(await definitionOf('  - id: c\n    ensureCluster: {}\n'))).toBe(true);
  });

  test('have the files of the job before, where it says where it writes', async () => {
    const definition = await definitionOf(
      `  - id: j\n    sql: { query: select 1 as n, output: { path: "s3://lake/dt=\${interval.date}/", format: csv } }\n`,
    );
    expect(plannedFiles('${steps.j.output}', definition, scope)).toEqual({
      path: 's3://lake/dt=2001-01-05/',
      format: 'csv',
    });
    expect(plannedFiles('${steps.x.output}', definition, scope)).toBeUndefined();
    expect(plannedFiles({ path: '${steps.j.path}', format: 'csv' }, definition, scope)).toBeUndefined();
  });
});

describe('a warning about files', () => {
  const MB = 2 ** 20;
  const files = (...sizes: number[]) => ({
    files: sizes.map((mb, n) => ({ path: `s3://b/part-${n}`, bytes: mb * MB, etag: '' })),
    contents: {},
  });
  const about = (sizes: number[], format: 'csv' | 'json' | 'parquet', packed = false, slices?: number) =>
    fileWarnings('a', files(...sizes), { format, packed, slices }).map(({ message }) => message);

  test('says which can’t be split', () => {
    expect(about([300], 'csv', true)).toEqual([
      expect.stringMatching(/^s3:\/\/b\/part-0 \(300 MB\) can't be split/),
    ]);
    expect(about([300, 200], 'json')).toEqual([expect.stringMatching(/^2 files like/)]);
    expect(about([300], 'csv')).toEqual([]);
    expect(about([300], 'parquet')).toEqual([]);
    expect(about([100], 'json')).toEqual([]);
  });

  test('says when they are fewer than the slices', () => {
    expect(about([50, 50], 'parquet', false, 4)).toEqual([expect.stringMatching(/2 files for 4 slices/)]);
    expect(about([50, 50], 'parquet', false, 2)).toEqual([]);
    expect(about([50, 50], 'parquet')).toEqual([]);
    expect(about([500], 'parquet', false, 4)).toEqual([]);
    expect(about([1], 'parquet', false, 4)).toEqual([]);
  });
});

test.each([
  ['S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey', undefined, undefined],
  ['S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket', 'bucket', false],
  [
    'S3ServiceException:The bucket you are attempting to access must be addressed using the specified endpoint.,Status 301,Error PermanentRedirect',
    'region',
    false,
  ],
  [
    'User arn:aws:redshift:us-east-1:1:dbuser:c/u is not authorized to assume IAM Role arn:aws:iam::1:role/x',
    'role',
    false,
  ],
  ['S3ServiceException:Access Denied,Status 403,Error AccessDenied', 'role', true],
])('a COPY of nothing that failed with %j', (message, code, isDoubtful) => {
  expect(whatStopped(message)).toEqual(code === undefined ? undefined : { code, isDoubtful, message });
});
