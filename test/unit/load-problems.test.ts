import { describe, expect, test } from '@jest/globals';
import { loadText, NOTE, places } from './load-text.ts';

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
  const loaded = await loadText(text);
  expect(places(loaded)).toEqual([
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

test('ids whose keys are the same', async () => {
  // Their SHA-256 begin with the same eight hex digits.
  const text = `name: p\nsteps:\n  - { id: s2330, ${NOTE} }\n  - { id: s130636, ${NOTE} }\n`;
  expect(places(await loadText(text))).toEqual(['key-collision 4:11']);
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
    const found = await loadText(text, { engines: ['etl'], warehouses: ['dw'], webhooks: [], topics: [] });
    expect(places(found)).toEqual(['unknown-connection 2:21', 'unknown-connection 9:24']);
    expect(found.problems[0]?.fix).toBe('did you mean etl?');
  });

  test('are left alone without one', async () => expect(places(await loadText(text))).toEqual([]));
});
