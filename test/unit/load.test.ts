import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline, type Connections, type LoadedPipeline } from '../../src/spec/load.ts';
import { HEAD, NOTE } from './load-text.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'millrace-load-'))));
afterAll(() => rm(folder, { recursive: true }));

const load = async (text: string, files: Record<string, string> = {}, connections?: Connections) => {
  const file = join(folder, 'pipeline.yaml');
  await writeFile(file, text);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return loadPipeline(file, connections);
};

/** `code line:column`, with the file's name where it is another one. */
const short = ({ problems }: LoadedPipeline): string[] =>
  problems.map(({ code, file, line, column }) => {
    const name = file.slice(folder.length + 1);
    return `${code} ${name === 'pipeline.yaml' ? '' : `${name}:`}${line}:${column}`;
  });

describe('a good file', () => {
  test('becomes a definition with defaults applied and texts read', async () => {
    const text = `name: nightly
schedule: { cron: "30 2 * * *", timezone: America/New_York, covers: day, catchupWindow: 365d }
params: { limit: 10, deep: { a: [1, null, "x"] } }
defaults: { engine: etl, warehouse: dw, retry: { attempts: 3, delay: 30s } }
steps:
  - id: cluster
    ensureCluster: {}
  - id: rows
    sql:
      inputs: { flights: { path: "s3://raw/dt=\${interval.date}/", format: parquet } }
      query: { file: rows.sql }
      output: { path: s3://lake/rows/, format: parquet }
    timeout: 4h
    retry: { attempts: 5 }
    onLost: resubmit
  - id: publish
    when: steps.rows.rows > params.limit
    redshiftCopy: { from: "\${steps.rows.output}", table: public.t, mode: upsert, uniqueKey: [day] }
  - id: rightNow
    check: { warehouse: other, query: select 1 as n, expect: row.n == 1 }
    allowFailure: true
  - id: hand
    activateDataPipeline: { name: export, params: { day: "\${interval.date}", n: 3 }, onCancel: deactivate }
  - id: handedBack
    awaitDataPipeline: { id: df-1, activatedAfter: "\${interval.end}" }
  - id: data
    waitForData: { path: s3://raw/, marker: _SUCCESS }
  - id: mark
    putObject: { path: s3://lake/mark, content: { rows: "\${steps.rows.rows}" } }
onFailure:
  - id: broken
    notify: { webhook: oncall, message: "\${failure.step} after \${steps.rows.state}" }
`;
    const loaded = await load(text, { 'rows.sql': 'select * from flights where d = ${interval.date}\n' });
    expect(loaded.problems).toEqual([]);
    const retry = { attempts: 3, delayMs: 30_000 };
    const common = { retry, allowFailure: false, onLost: 'ask' };
    expect(loaded.definition).toStrictEqual({
      name: 'nightly',
      file: join(folder, 'pipeline.yaml'),
      schedule: {
        timezone: 'America/New_York',
        covers: 'day',
        entries: [
          {
            params: {},
            calendars: [
              {
                minute: '30',
                hour: '2',
                dayOfMonth: '*',
                month: '*',
                dayOfWeek: '*',
                year: '*',
                text: '30 2 * * *',
              },
            ],
            periods: [],
          },
        ],
        overlap: 'buffer-all',
        catchupWindowMs: 31_536_000_000,
        jitterMs: 0,
        pauseOnFailure: false,
      },
      covers: 'day',
      timezone: 'America/New_York',
      params: {
        limit: { type: 'number', default: 10, required: false },
        deep: { type: 'map', default: { a: [1, null, 'x'] }, required: false },
      },
      steps: [
        { ...common, id: 'cluster', kind: 'ensureCluster', args: { engine: 'etl', release: 'keep' } },
        {
          ...common,
          id: 'rows',
          kind: 'sql',
          args: {
            engine: 'etl',
            inputs: { flights: { path: 's3://raw/dt=${interval.date}/', format: 'parquet' } },
            query: 'select * from flights where d = ${interval.date}\n',
            output: { path: 's3://lake/rows/', format: 'parquet' },
          },
          timeoutMs: 14_400_000,
          retry: { attempts: 5, delayMs: 30_000 },
          onLost: 'resubmit',
        },
        {
          ...common,
          id: 'publish',
          kind: 'redshiftCopy',
          args: {
            warehouse: 'dw',
            from: '${steps.rows.output}',
            table: 'public.t',
            mode: 'upsert',
            uniqueKey: ['day'],
          },
          when: 'steps.rows.rows > params.limit',
          whenAt: `${join(folder, 'pipeline.yaml')}:17`,
        },
        {
          ...common,
          id: 'rightNow',
          kind: 'check',
          args: {
            warehouse: 'other',
            expectations: [{ query: 'select 1 as n', expect: 'row.n == 1', severity: 'fail' }],
          },
          allowFailure: true,
        },
        {
          ...common,
          id: 'hand',
          kind: 'activateDataPipeline',
          args: {
            name: 'export',
            params: { day: '${interval.date}', n: '3' },
            onCancel: 'deactivate',
          },
        },
        {
          ...common,
          id: 'handedBack',
          kind: 'awaitDataPipeline',
          args: { id: 'df-1', params: {}, activatedAfter: '${interval.end}' },
        },
        {
          ...common,
          id: 'data',
          kind: 'waitForData',
          args: { path: 's3://raw/', marker: '_SUCCESS', count: 1 },
        },
        {
          ...common,
          id: 'mark',
          kind: 'putObject',
          args: { path: 's3://lake/mark', content: { rows: '${steps.rows.rows}' } },
        },
      ],
      onFailure: [
        {
          ...common,
          id: 'broken',
          kind: 'notify',
          args: { webhook: 'oncall', message: '${failure.step} after ${steps.rows.state}' },
        },
      ],
    });
  });

  test('may be small', async () => {
    const { definition, problems } = await load(`name: p\nsteps: [{ id: a, ${NOTE} }]\n`);
    expect(problems).toEqual([]);
    expect(definition).toMatchObject({ covers: 'day', timezone: 'UTC', params: {}, onFailure: [] });
    expect(definition?.steps[0]).toMatchObject({ retry: { attempts: 1, delayMs: 60_000 } });
  });

  test('may use needs', async () => {
    const steps = [
      'a, needs: []',
      'b, needs: []',
      'c, needs: [a, b], when: steps.a.state == "failed"',
      'd, needs: [c], when: steps.a.rows > 0',
    ];
    const { problems } = await load(HEAD + steps.map((step) => `  - { id: ${step}, ${NOTE} }\n`).join(''));
    expect(problems).toEqual([]);
  });

  test('is the example', async () => {
    const { definition, problems } = await loadPipeline('examples/flights/pipeline.yaml');
    expect(problems).toEqual([]);
    expect(definition?.steps.map(({ id }) => id)).toEqual([
      'cluster',
      'routes',
      'publish',
      'mean',
      'alert',
      'export',
      'connections',
    ]);
  });
});

test('a file that is not there', async () => {
  expect(short(await loadPipeline(join(folder, 'none.yaml')))).toEqual(['missing-file none.yaml:1:1']);
});

describe('places', () => {
  test('inside of block texts and of query files', async () => {
    const text = `${HEAD}  - id: a
    redshiftSql:
      query: |
        select 1
          from t

        where x = \${params.x}
           and y = '\${params.y}'
  - id: b
    when: >-
      steps.a.rows > 0 &&
      params.z > 0
    sql:
      query: { file: b.sql }
      output: { path: out/, format: csv }
  - id: c
    notify: { webhook: o, message: 'it''s \${params.w}' }
  - id: d
    notify: { webhook: o, message: "\\u00e9 \\"\${params.v}\\"" }
`;
    const sql = 'select 1 -- ${nothing}\nwhere x = ${params.x}\n\n  and y = "${y}"\n';
    expect(short(await load(text, { 'b.sql': sql }))).toEqual([
      'unknown-param 11:21',
      'template-in-quotes 12:21',
      'unknown-param 16:7',
      'unknown-param 21:45',
      'unknown-param 23:48',
      'unknown-param b.sql:2:13',
      'template-in-quotes b.sql:4:12',
    ]);
  });

  test('of a second statement where one SELECT is due', async () => {
    const text = `name: p
defaults: { engine: e }
steps:
  - id: a
    sql:
      query: |
        select ';' as "a;b" -- a; b
        ; -- the second:
        select 2 as b
      output: { path: out/, format: csv }
  - id: b
    sql: { query: { file: b.sql }, output: { path: out/, format: csv } }
  - id: c
    sql: { query: { file: c.sql }, output: { path: out/, format: csv } }
`;
    const files = { 'b.sql': 'select 1 as a;\nselect 2 as b;\n', 'c.sql': '/* ; */ select 1; -- done;\n' };
    expect(short(await load(text, files))).toEqual(['wrong-type 8:11', 'wrong-type b.sql:2:1']);
  });

  test('through an alias', async () => {
    const text = `name: p\nsteps:\n  - id: a\n    notify: &note { webhook: o, message: "\${params.x}" }\n  - id: b\n    notify: *note\n`;
    expect(short(await load(text))).toEqual(['unknown-param 4:45']);
  });
});

test('the published schema is that of the loader', async () => {
  const { z } = await import('zod');
  const { pipelineSchema } = await import('../../src/spec/pipeline-schema.ts');
  const published: unknown = JSON.parse(await readFile('schema/pipeline.schema.json', 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(pipelineSchema, { io: 'input' }))));
});
