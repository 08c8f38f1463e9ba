import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline, type Connections, type LoadedPipeline } from '../../src/spec/load.ts';

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

const HEAD = 'name: p\ndefaults: { engine: etl, warehouse: dw }\nparams: { limit: 10 }\nsteps:\n';
const NOTE = 'notify: { webhook: oncall, message: hi }';

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

describe('one problem', () => {
  const step = (fields: string): string => `${HEAD}  - { id: first, ${NOTE} }\n  - id: a\n${fields}`;

  test.each<[string, string, string, string]>([
    [
      'an unknown field of the file',
      `name: p\nwhenever: []\nsteps: [{ id: a, ${NOTE} }]`,
      'unknown-field 2:1',
      'there are: name, schedule',
    ],
    [
      'a misspelt field of a step',
      step(`    whne: true\n    ${NOTE}`),
      'unknown-field 7:5',
      'did you mean when?',
    ],
    [
      'a misspelt field of a kind',
      step('    notify: { webhook: o, mesage: x, message: y }'),
      'unknown-field 7:27',
      'did you mean message?',
    ],
    [
      'a misspelt field of a retry',
      step(`    retry: { attempt: 3 }\n    ${NOTE}`),
      'unknown-field 7:14',
      'did you mean attempts?',
    ],
    [
      'a misspelt field of files',
      step('    sql: { query: q, output: { path: x/, format: csv, frmt: csv } }'),
      'unknown-field 7:55',
      'did you mean format?',
    ],
    ['a name that is missing', `steps: [{ id: a, ${NOTE} }]`, 'missing-field 1:1', 'like flights-daily'],
    ['an id that is missing', `name: p\nsteps:\n  - ${NOTE}`, 'missing-field 3:5', 'like routes'],
    [
      'a field of a kind that is missing',
      step('    notify: { webhook: oncall }'),
      'missing-field 7:13',
      'add message',
    ],
    [
      'a format that is missing',
      step('    sql: { query: q, output: { path: x/ } }'),
      'missing-field 7:30',
      'one of parquet, csv, json',
    ],
    ['no steps', 'name: p\nsteps: []', 'wrong-type 2:8', 'write at least 1'],
    ['a list for a file', '- name: p', 'wrong-type 1:1', 'name, schedule'],
    ['a number for a text', step(`    when: 3\n    ${NOTE}`), 'wrong-type 7:11', 'write a text'],
    [
      'another word',
      step('    ensureCluster: { release: never }'),
      'wrong-type 7:31',
      'one of keep, whenIdle, always',
    ],
    ['a kind without fields', step('    redshiftSql:'), 'wrong-type 7:5', 'warehouse, query'],
    ['no attempts', step(`    retry: { attempts: 0 }\n    ${NOTE}`), 'wrong-type 7:24', 'at least 1'],
    [
      'an output that is no folder',
      step('    sql: { query: q, output: { path: s3://b/x, format: csv } }'),
      'wrong-type 7:38',
      's3://b/x/',
    ],
    [
      'keys of an export that goes by the primary key',
      step(
        '    dbExport: { dbTap: 1, table: t, folder: s3://b/x/, updateMode: allowinsert, updateKeys: [a] }',
      ),
      'conflicting-fields 7:81',
      'leave it out',
    ],
    [
      'an export that updates by no keys',
      step('    dbExport: { dbTap: 1, table: t, folder: s3://b/x/, updateMode: updateonly }'),
      'missing-field 7:56',
      'add updateKeys',
    ],
    [
      'files without a format',
      step('    redshiftCopy: { from: s3://b/, table: t, mode: upsert, uniqueKey: [x] }'),
      'wrong-type 7:27',
      'format: parquet',
    ],
    [
      'a mapping of columns for files that do not name theirs',
      step(
        '    redshiftCopy: { from: { path: s3://b/, format: csv }, table: t, mode: append, columns: { a: b } }',
      ),
      'conflicting-fields 7:83',
      'write a list',
    ],
    [
      'an option that COPY does not have',
      step(
        '    redshiftCopy: { from: { path: s3://b/, format: csv }, table: t, mode: append, options: { manifest: true } }',
      ),
      'wrong-type 7:94',
      'there are: acceptAnyDate',
    ],
    [
      'an option of COPY with another type',
      step(
        '    redshiftCopy: { from: { path: s3://b/, format: csv }, table: t, mode: append, options: { ignoreHeader: yes } }',
      ),
      'wrong-type 7:94',
      'a whole number',
    ],
    [
      'an option of COPY that Parquet has not',
      step(
        '    redshiftCopy: { from: { path: s3://b/, format: parquet }, table: t, mode: append, options: { delimiter: "|" } }',
      ),
      'wrong-type 7:98',
      'leave it out',
    ],
    [
      'errors that COPY may skip in Parquet',
      step(
        '    redshiftCopy: { from: { path: s3://b/, format: parquet }, table: t, mode: append, maxErrors: 3 }',
      ),
      'conflicting-fields 7:87',
      'csv or json',
    ],
    [
      'a table to be made from files without types',
      step(
        '    redshiftCopy: { from: { path: s3://b/, format: json }, table: t, mode: append, createTable: true }',
      ),
      'conflicting-fields 7:84',
      'redshiftSql before',
    ],
    [
      'a statement that ends the transaction',
      step('    redshiftSql: { query: "delete from t; commit" }'),
      'conflicting-fields 7:43',
      'autoCommit: true',
    ],
    [
      'TRUNCATE in a transaction',
      step('    redshiftSql: { query: "truncate t" }'),
      'conflicting-fields 7:28',
      'DELETE FROM',
    ],
    [
      'a check that expects nothing',
      step('    check: { query: select 1 }'),
      'missing-field 7:12',
      'noRows: true',
    ],
    [
      'an unload to a file',
      step('    redshiftUnload: { query: select 1, to: s3://b/file }'),
      'wrong-type 7:44',
      's3://bucket/folder/',
    ],
    [
      'an unload of Parquet with a delimiter',
      step('    redshiftUnload: { query: select 1, to: s3://b/f/, delimiter: "|" }'),
      'conflicting-fields 7:55',
      'leave it out',
    ],
    [
      'the output of a step to load that is not in S3',
      step(
        '    sql: { engine: e, query: q, inputs: {}, output: { path: out/, format: parquet } }\n' +
          '  - id: b\n    redshiftCopy: { from: "${steps.a.output}", table: t, mode: upsert, uniqueKey: [x] }',
      ),
      'wrong-type 9:27',
      's3://',
    ],
    [
      'an infinite number',
      `name: p\nparams: { x: .inf }\nsteps: [{ id: a, ${NOTE} }]`,
      'wrong-type 2:14',
      'finite',
    ],
    ['a bad name', `name: My_Flights\nsteps: [{ id: a, ${NOTE} }]`, 'bad-name 1:7', 'small letters'],
    [
      'a bad table',
      step(
        '    redshiftCopy: { from: "${steps.first.output}", table: "a; b", mode: upsert, uniqueKey: [x] }',
      ),
      'bad-name 7:59',
      'public.orders',
    ],
    ['a bad id', `name: p\nsteps: [{ id: load-routes, ${NOTE} }]`, 'bad-id 2:15', 'like loadRoutes'],
    ['a word of CEL for an id', `name: p\nsteps: [{ id: in, ${NOTE} }]`, 'bad-id 2:15', 'take another one'],
    ['a bad duration', step(`    timeout: 4 hours\n    ${NOTE}`), 'bad-duration 7:14', 'like 500ms'],
    ['no time at all', step(`    timeout: 0s\n    ${NOTE}`), 'bad-duration 7:14', 'write a longer one'],
    [
      'a bad cron',
      `name: p\nschedule: { cron: 61 2 * * * }\nsteps: [{ id: a, ${NOTE} }]`,
      'bad-cron 2:19',
      'write 0 to 59',
    ],
    [
      'a cron of six fields',
      `name: p\nschedule: { cron: 0 0 2 * * * }\nsteps: [{ id: a, ${NOTE} }]`,
      'bad-cron 2:19',
      '@daily',
    ],
    [
      'a day that never comes',
      `name: p\nschedule: { cron: 0 0 30 2 * }\nsteps: [{ id: a, ${NOTE} }]`,
      'bad-cron 2:19',
      '30 2 * * *',
    ],
    [
      'a bad zone',
      `name: p\nschedule: { cron: "@daily", timezone: Mars }\nsteps: [{ id: a, ${NOTE} }]`,
      'bad-timezone 2:39',
      'America/New_York',
    ],
    ['bad CEL', step(`    when: steps.first.rows >\n    ${NOTE}`), 'bad-cel 7:29', 'write CEL'],
    ['an assignment', step(`    when: steps.first.rows = 3\n    ${NOTE}`), 'bad-cel 7:28', 'equality is =='],
    ['an unknown function', step(`    when: now() > 3\n    ${NOTE}`), 'bad-cel 7:11', 'addDays'],
    ['bad CEL in quotes', step(`    when: "'its' + \\"x\\" +"\n    ${NOTE}`), 'bad-cel 7:27', 'write CEL'],
    [
      'bad CEL in a template',
      step('    notify: { webhook: o, message: "at ${1 +}" }'),
      'bad-cel 7:45',
      'write CEL',
    ],
    ['steps without an id', step(`    when: size(steps) > 0\n    ${NOTE}`), 'bad-cel 7:16', 'steps.<id>'],
    [
      'a template without an end',
      step('    notify: { webhook: o, message: "at ${interval.date" }'),
      'bad-template 7:40',
      '$${ stands for',
    ],
    [
      'an empty template',
      step('    notify: { webhook: o, message: "at ${}" }'),
      'bad-template 7:42',
      '$${ stands for',
    ],
    [
      'a value in a name',
      step('    redshiftSql: { query: "select 1 from t_${interval.date}" }'),
      'bad-template 7:44',
      'ident(…)',
    ],
    [
      'a template in quotes',
      step(`    redshiftSql: { query: "select '\${interval.date}'" }`),
      'template-in-quotes 7:36',
      'remove the quotes',
    ],
    [
      'a template in quotes of where',
      step(
        `    redshiftCopy: { from: "\${steps.first.output}", table: t, mode: replaceWhere, where: "d = '\${interval.date}'" }`,
      ),
      'template-in-quotes 7:95',
      'remove the quotes',
    ],
    [
      'a secret',
      step('    notify: { webhook: o, message: "${env:TOKEN}" }'),
      'env-in-pipeline 7:37',
      'millrace.yaml',
    ],
    [
      'a secret in the params',
      `name: p\nparams: { x: "a \${secret:arn}" }\nsteps: [{ id: a, ${NOTE} }]`,
      'env-in-pipeline 2:17',
      'millrace.yaml',
    ],
    [
      'an unknown variable',
      step(`    when: step.first.rows > 0\n    ${NOTE}`),
      'unknown-root 7:11',
      'did you mean steps?',
    ],
    [
      'failure in a step',
      step(`    when: failure.step == "x"\n    ${NOTE}`),
      'unknown-root 7:11',
      'steps.<id>.state',
    ],
    [
      'row outside of expect',
      step(`    when: row.n == 1\n    ${NOTE}`),
      'unknown-root 7:11',
      'steps.<id>.row',
    ],
    [
      'an unknown field of the interval',
      step(`    when: interval.dat == "x"\n    ${NOTE}`),
      'unknown-field 7:11',
      'did you mean date?',
    ],
    [
      'an unknown param',
      step(`    when: params.limt > 0\n    ${NOTE}`),
      'unknown-param 7:11',
      'did you mean limit?',
    ],
    [
      'an unknown step',
      step(`    when: 1 > 0 || steps.frist.rows > 0\n    ${NOTE}`),
      'unknown-step 7:20',
      'did you mean first?',
    ],
    [
      'a step that looks at itself',
      step(`    when: steps.a.rows > 0\n    ${NOTE}`),
      'later-step 7:11',
      'steps before it',
    ],
    [
      'a step that looks at a later one',
      step(`    when: steps.z.rows > 0\n    ${NOTE}\n  - { id: z, ${NOTE} }`),
      'later-step 7:11',
      'move z up',
    ],
    [
      'SQL that looks at a later step',
      step(`    redshiftSql: { query: "select \${steps.z.rows}" }\n  - { id: z, ${NOTE} }`),
      'later-step 7:37',
      'move z up',
    ],
    [
      'a template that looks at a later step',
      step(`    putObject: { path: x, content: [{ n: "\${steps.z.rows}" }] }\n  - { id: z, ${NOTE} }`),
      'later-step 7:45',
      'move z up',
    ],
    [
      'a step that looks at onFailure',
      step(`    when: steps.z.rows > 0\n    ${NOTE}\nonFailure: [{ id: z, ${NOTE} }]`),
      'unknown-step 7:11',
      'first',
    ],
    [
      'a step that looks at one that it does not need',
      `${HEAD}  - { id: x, needs: [], ${NOTE} }\n  - { id: y, needs: [], when: steps.x.rows > 0, ${NOTE} }`,
      'later-step 6:31',
      'add x to its needs',
    ],
    ['an unknown need', `${HEAD}  - { id: x, needs: [y], ${NOTE} }`, 'unknown-step 5:22', 'there are: x'],
    [
      'a need of a later step',
      `${HEAD}  - { id: x, needs: [y], ${NOTE} }\n  - { id: y, needs: [], ${NOTE} }`,
      'later-step 5:22',
      'move y up',
    ],
    [
      'a step that needs itself',
      `${HEAD}  - { id: x, needs: [x], ${NOTE} }`,
      'cycle 5:14',
      'take one of these needs out',
    ],
    [
      'steps that need each other',
      `${HEAD}  - { id: x, needs: [y], ${NOTE} }\n  - { id: y, needs: [x], ${NOTE} }`,
      'cycle 5:14',
      'take one of these needs out',
    ],
    [
      'needs of some steps',
      `${HEAD}  - { id: x, needs: [], ${NOTE} }\n  - { id: y, ${NOTE} }`,
      'mixed-needs 6:5',
      'needs: [x]',
    ],
    ['an id twice', step(`    ${NOTE}\n  - { id: first, ${NOTE} }`), 'duplicate-id 8:11', 'another id'],
    [
      'an id twice over both lists',
      step(`    ${NOTE}\nonFailure: [{ id: first, ${NOTE} }]`),
      'duplicate-id 8:19',
      'another id',
    ],
    ['no kind', step('    timeout: 4h'), 'no-kind 6:5', 'ensureCluster, sql'],
    ['two kinds', step(`    ensureCluster: {}\n    ${NOTE}`), 'two-kinds 8:5', 'a step of each'],
    ['an unknown kind', step('    pig: { query: x }'), 'unknown-kind 7:5', 'ensureCluster, sql'],
    [
      'a misspelt kind',
      step('    redshiftSQL: { query: x }'),
      'unknown-kind 7:5',
      'did you mean redshiftSql?',
    ],
    [
      'no engine',
      'name: p\nsteps:\n  - id: a\n    ensureCluster: {}',
      'missing-connection 4:5',
      'defaults: { engine: NAME }',
    ],
    [
      'no warehouse',
      'name: p\nsteps:\n  - id: a\n    redshiftSql: { query: x }',
      'missing-connection 4:5',
      'defaults: { warehouse: NAME }',
    ],
    [
      'no where',
      step('    redshiftCopy: { from: "${steps.first.output}", table: t, mode: replaceWhere }'),
      'missing-field 7:19',
      'where: day =',
    ],
    [
      'where without a use',
      step(
        '    redshiftCopy: { from: "${steps.first.output}", table: t, mode: upsert, uniqueKey: [x], where: x }',
      ),
      'conflicting-fields 7:92',
      'leave it out',
    ],
    [
      'no Data Pipeline',
      step('    activateDataPipeline: { params: {} }'),
      'missing-field 7:27',
      'name, or its id',
    ],
    [
      'two names of a Data Pipeline',
      step('    activateDataPipeline: { name: x, id: y }'),
      'conflicting-fields 7:38',
      'leave one',
    ],
    [
      'nobody who is waited for',
      step('    awaitDataPipeline: { activatedAfter: "2001-01-05" }'),
      'missing-field 7:24',
      'name, or its id',
    ],
    [
      'a query file that is not there',
      step('    redshiftSql: { query: { file: no.sql } }'),
      'missing-file 7:35',
      'relative to the pipeline file',
    ],
    [
      'a field twice',
      step(`    ${NOTE}\n    timeout: 4h\n    timeout: 5h`),
      'duplicate-key 9:5',
      'leave one',
    ],
    [
      'a negation without quotes',
      step(`    when: !steps.first.ok\n    ${NOTE}`),
      'yaml-syntax 7:11',
      "when: '!steps.first.ok'",
    ],
    [
      'a condition without quotes',
      step(`    when: steps.first.ok ? "x" : "y"\n    ${NOTE}`),
      'yaml-syntax 7:11',
      `when: 'steps.first.ok ? "x" : "y"'`,
    ],
    [
      'a text that goes on after its quotes',
      step(`    when: "a" == params.limit\n    ${NOTE}`),
      'yaml-syntax 7:15',
      'quotes',
    ],
    [
      'a nickname without quotes',
      `name: p\nschedule:\n  cron: @daily\nsteps: [{ id: a, ${NOTE} }]`,
      'yaml-syntax 3:9',
      "cron: '@daily'",
    ],
    [
      'a template without quotes in braces',
      step('    redshiftCopy: { from: ${steps.first.output}, table: t, mode: upsert, uniqueKey: [x] }'),
      'yaml-syntax 7:28',
      'quotes',
    ],
    ['a tab', 'name: p\nsteps:\n\t- id: a', 'yaml-syntax 3:1', 'spaces'],
    ['a value without an end', 'name: &x [*x]', 'yaml-syntax 1:1', 'write the value out'],
    ['an empty file', '', 'wrong-type 1:1', 'name, schedule'],
  ])('%s', async (_, text, expected, fix) => {
    const loaded = await load(text);
    expect(short(loaded)).toEqual([expected]);
    expect(loaded.problems[0]?.fix).toContain(fix);
    expect(loaded.definition).toBeUndefined();
  });

  test('a file that is not there', async () => {
    expect(short(await loadPipeline(join(folder, 'none.yaml')))).toEqual(['missing-file none.yaml:1:1']);
  });

  test('ids whose keys are the same', async () => {
    // Their SHA-256 begin with the same eight hex digits.
    const text = `name: p\nsteps:\n  - { id: s2330, ${NOTE} }\n  - { id: s130636, ${NOTE} }\n`;
    expect(short(await load(text))).toEqual(['key-collision 4:11']);
  });
});

describe('connections', () => {
  const text = `name: p
defaults: { engine: elt }
steps:
  - id: a
    ensureCluster: {}
  - id: b
    redshiftSql: { warehouse: dw, query: select 1 }
  - id: c
    notify: { webhook: nobody, message: hi }
`;

  test('are checked against a configuration', async () => {
    const found = await load(text, {}, { engines: ['etl'], warehouses: ['dw'], webhooks: [], topics: [] });
    expect(short(found)).toEqual(['unknown-connection 2:21', 'unknown-connection 9:24']);
    expect(found.problems[0]?.fix).toBe('did you mean etl?');
  });

  test('are left alone without one', async () => expect(short(await load(text))).toEqual([]));
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

  test('through an alias', async () => {
    const text = `name: p\nsteps:\n  - id: a\n    notify: &note { webhook: o, message: "\${params.x}" }\n  - id: b\n    notify: *note\n`;
    expect(short(await load(text))).toEqual(['unknown-param 4:45']);
  });
});

test('all problems come at once', async () => {
  const text = `name: P
parms: {}
schedule: { cron: never, timezone: Mars }
steps:
  - id: load-routes
    sql:
      query: { file: nope.sql }
      output: { path: "s3://lake/\${interval.dat}/", format: orc }
  - id: b
    when: !steps.b.ok
    timeout: soon
    redshiftSql: { warehouse: dw, query: "select '\${steps.c.rows}', \${step.x}, \${1 +}, \${env:X}" }
  - id: c
    pig: {}
  - id: c
    ${NOTE}
    ensureCluster: { engine: etl }
onFailure:
  - id: d
    notify: { webhook: o, message: "\${failure.stp} \${nope}" }
`;
  const loaded = await load(text);
  expect(short(loaded)).toEqual([
    'bad-name 1:7',
    'unknown-field 2:1',
    'bad-cron 3:19',
    'bad-timezone 3:36',
    'bad-id 5:9',
    'missing-connection 6:5',
    'missing-file 7:22',
    'unknown-field 8:36',
    'wrong-type 8:61',
    'yaml-syntax 10:11',
    'bad-duration 11:14',
    'template-in-quotes 12:51',
    'unknown-root 12:71',
    'bad-cel 12:85',
    'env-in-pipeline 12:88',
    'unknown-kind 14:5',
    'duplicate-id 15:9',
    'two-kinds 17:5',
    'unknown-field 20:39',
    'unknown-root 20:54',
  ]);
  for (const problem of loaded.problems) {
    expect(problem.message).not.toBe('');
    expect(problem.fix).not.toBe('');
    expect(`${problem.message} ${problem.fix}`).not.toMatch(/\[object|undefined|\n/);
  }
});

test('the published schema is that of the loader', async () => {
  const { z } = await import('zod');
  const { pipelineSchema } = await import('../../src/spec/pipeline-schema.ts');
  const published: unknown = JSON.parse(await readFile('schema/pipeline.schema.json', 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(pipelineSchema, { io: 'input' }))));
});
