import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Expectation } from '../../src/domain/definition.ts';
import type { Row } from '../../src/ports.ts';
import { failureOf } from '../failure-of.ts';
import { createWorld, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  world.warehouse.statements.clear();
  world.warehouse.answer = (query) => (query.includes('good') ? [] : rows(12));
});

const rows = (count: number, more: Row = {}): Row[] =>
  Array.from({ length: count }, (_, n) => ({ n, ...more }));
const none = (query: string, severity: Expectation['severity'] = 'fail') => ({ query, severity });
const checks = (expectations: Expectation[], more = {}) =>
  step('check', 'sane', { warehouse: 'analytics', expectations }, more);
const failedStep = async (steps: ReturnType<typeof step>[]) => {
  const handle = await world.start(steps);
  await handle.result().catch(() => {});
  const [shown] = (await world.progress(handle)).steps;
  const record = await world.records.read(handle.workflowId.split('/')[0] ?? '', '2001-01-05');
  return { failure: shown?.failure, record };
};

test('a check that fails has the first rows that broke it in the failure, and in the record', async () => {
  const { failure, record } = await failedStep([checks([none('select bad')])]);
  expect(failure).toEqual({
    step: 'sane',
    type: 'JobFailed',
    message: 'no rows: 12 rows are not as they should be, like {"n":0}, {"n":1}, {"n":2}',
    ref: null,
    log: null,
    sample: rows(10),
  });
  expect(record?.failure).toEqual(failure);
});

test('of several expectations it has those that failed, and what each came to', async () => {
  const counted = { query: 'select count', expect: 'row.n > 0', name: 'enough', severity: 'fail' } as const;
  const { failure } = await failedStep([
    checks([none('select good'), none('select bad', 'warn'), { ...counted }]),
  ]);
  expect(failure).toMatchObject({
    message: 'expected enough, and the row is {"n":0}',
    sample: [{ n: 0 }],
    expectations: [
      { severity: 'fail', passed: true, broken: 0, sample: [] },
      { severity: 'warn', passed: false, broken: 12, sample: rows(10) },
      { name: 'enough', passed: false, row: { n: 0 }, sample: [{ n: 0 }] },
    ],
  });
});

test('long texts and many columns are cut off', async () => {
  world.warehouse.answer = () => rows(10, { text: 'x'.repeat(60_000), other: 'y'.repeat(60_000) });
  const list = Array.from({ length: 4 }, () => none('select bad'));
  const { failure } = await failedStep([checks(list)]);
  expect(failure?.sample?.[0]).toEqual({ n: 0, text: `${'x'.repeat(499)}…`, other: `${'y'.repeat(499)}…` });
  expect(JSON.stringify(failure).length).toBeLessThan(60_000);
});

test('an item of a list passes its rows on', async () => {
  const forEach = { list: ['x'], concurrency: 1 };
  const { failure } = await failedStep([checks([none('select bad')], { forEach })]);
  expect(failure).toMatchObject({ message: expect.stringMatching(/^sane\[x\]/), sample: rows(10) });
});

test.each([
  ['${ident("delete")} from t', 'a check only reads, and this is DELETE'],
  ['select 1; select 2', 'the query has 2 statements'],
])('what only reads may be asked, and nothing is sent before all is known to: %s', async (query, words) => {
  const { type, message } = await failureOf(
    (await world.start([checks([none('select good'), none(query)])])).result(),
  );
  expect([type, message]).toEqual(['Rejected', expect.stringContaining(`query: ${words}; write one SELECT`)]);
  expect(world.warehouse.statements.size).toBe(0);
});
