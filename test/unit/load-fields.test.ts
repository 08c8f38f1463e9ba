import { test } from '@jest/globals';
import { isFound, NOTE, step, type Wrong } from './load-text.ts';

test.each<Wrong>([
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
    step('    dbExport: { dbTap: 1, table: t, folder: s3://b/x/, updateMode: allowinsert, updateKeys: [a] }'),
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
    'a column of the files that is mapped twice',
    step(
      '    redshiftCopy: { from: { path: s3://b/, format: parquet }, table: t, mode: append, columns: { a: x, b: x } }',
    ),
    'conflicting-fields 7:104',
    "twice in the job's SQL",
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
    'a check that changes data',
    step('    check: { query: "delete from t", noRows: true }'),
    'wrong-type 7:22',
    'write one SELECT',
  ],
  [
    'a check that changes data behind its WITH',
    step(
      '    check:\n      query: |\n        with x as (select ${params.limit} as n)\n        insert into t select n from x\n      expect: row.n > 0',
    ),
    'wrong-type 10:9',
    'a redshiftSql step',
  ],
  [
    'an expectation of several statements',
    step('    check: { expectations: [{ query: "select 1; select 2", noRows: true }] }'),
    'wrong-type 7:49',
    'write one SELECT',
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
])('%s', isFound);
