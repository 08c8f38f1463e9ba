import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { StepOf } from '../../src/domain/definition.ts';
import type { WorkState } from '../../src/ports.ts';
import { createWorld, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  const { warehouse } = world;
  warehouse.statements.clear();
  warehouse.behave = () => ({ status: 'done' });
  warehouse.onCancel = () => {};
});

const INSERT = 'insert into t select 1';

const transaction = (query: string, more: Partial<StepOf<'redshiftSql'>> = {}) =>
  step('redshiftSql', 'q', { warehouse: 'analytics', query }, more);

const inserts = () => world.warehouse.done.filter((statement) => statement === INSERT);

describe('a transaction that is cut off by its timeout', () => {
  const late = { timeoutMs: 500, retry: { attempts: 2, delayMs: 1 } };

  test('is done when it came through meanwhile, and is not done again', async () => {
    const { warehouse } = world;
    warehouse.behave = (batch) => ({ status: batch.includes(INSERT) ? 'running' : 'done' });
    warehouse.onCancel = (statement) => (statement.state = { status: 'done' });
    const result = await world.run([transaction(`${INSERT}; select 1 as n`, late)]);
    expect(result).toMatchObject({
      status: 'done',
      steps: [{ attempt: 1, result: { rowsAffected: null, row: {} } }],
    });
    expect(inserts()).toHaveLength(1);
  });

  test('is not done again either when the ledger could not be read then', async () => {
    const { warehouse } = world;
    let cutOff = false;
    warehouse.behave = (batch) => {
      if (batch.includes(INSERT)) return { status: cutOff ? 'done' : 'running' };
      // The first look at the ledger.
      return cutOff && warehouse.statements.size === 1
        ? { status: 'failed', message: 'no permission' }
        : { status: 'done' };
    };
    warehouse.onCancel = (statement) => {
      statement.state = { status: 'done' };
      cutOff = true;
    };
    const result = await world.run([transaction(INSERT, late)]);
    expect(result).toMatchObject({ status: 'done', steps: [{ attempt: 2 }] });
    expect(inserts()).toHaveLength(1);
  });

  test('is tried again when it was stopped in time', async () => {
    const { warehouse } = world;
    warehouse.behave = (batch) => {
      const isFirst = warehouse.statements.size === 0;
      return { status: batch.includes(INSERT) && isFirst ? 'running' : 'done' };
    };
    expect(await world.run([transaction(INSERT, late)])).toMatchObject({
      status: 'done',
      steps: [{ attempt: 2 }],
    });
    expect(inserts()).toHaveLength(1);
  });
});

test('what changes data behind its WITH is a transaction, and no query', async () => {
  const statement = 'with a as (select 1 as n) insert into t select n from a';
  await world.run([transaction(statement)]);
  expect(world.warehouse.done).toEqual([expect.stringMatching(/^guard /), statement]);
});

const BROKEN: WorkState = { status: 'failed', transient: 'unclear', message: 'connection reset' };

/** Fails the first statement of that text. */
const firstFails = (text: string, state: WorkState) => {
  let isFirst = true;
  world.warehouse.behave = (statement) => {
    if (statement !== text || !isFirst) return { status: 'done' };
    isFirst = false;
    return state;
  };
};

describe('a query whose connection broke', () => {
  test.each([
    ['redshiftSql', transaction('select 1 as n')],
    [
      'check',
      step('check', 'c', {
        warehouse: 'analytics',
        expectations: [{ query: 'select 1 as n', severity: 'fail', expect: 'row.newer == 0' }],
      }),
    ],
  ])('is run again by %s, and waits for nobody', async (_, one) => {
    firstFails('select 1 as n', BROKEN);
    expect(await world.run([one])).toMatchObject({ status: 'done', steps: [{ attempt: 1 }] });
    expect(world.warehouse.statements.size).toBe(2);
  });
});

test('with autoCommit an attempt goes on behind the statements that are done', async () => {
  firstFails('analyze t', { status: 'failed', message: 'no permission' });
  const args = { warehouse: 'analytics', query: `${INSERT}; analyze t; vacuum t`, autoCommit: true };
  const result = await world.run([step('redshiftSql', 'q', args, { retry: { attempts: 2, delayMs: 1 } })]);
  expect(result).toMatchObject({ status: 'done', steps: [{ attempt: 2 }] });
  expect(world.warehouse.done).toEqual([INSERT, 'analyze t', 'vacuum t']);
});

describe('a load that leaves rows out', () => {
  const copy = step('redshiftCopy', 'publish', {
    warehouse: 'analytics',
    from: { path: 's3://out/left/', format: 'csv' },
    table: 'public.days',
    mode: 'append',
    maxErrors: 5,
  });

  test('says which, also where only the ledger knows that it was published', async () => {
    const { warehouse } = world;
    world.stored.set('s3://out/left/part-0.csv', 'rows');
    const line = { file: 's3://out/left/part-0.csv', line: 2, column: 'n', type: 'int4' };
    warehouse.leftOut = [{ ...line, value: 'x', reason: 'Invalid digit', raw: 'x' }];
    // What came through, and whose connection broke before it said so.
    warehouse.behave = (word) => (word === 'publish' ? { ...BROKEN } : { status: 'done' });
    warehouse.onSubmit = (key) => {
      if (!/-l\w+$/.test(key)) return;
      for (const { batch, ...statement } of warehouse.statements.values())
        if (batch.statements[0] === 'publish') Object.assign(statement.state, { status: 'done' });
    };
    const result = await world.run([copy]);
    warehouse.onSubmit = () => {};
    expect(result).toMatchObject({
      steps: [
        {
          result: {
            alreadyLoaded: true,
            rejected: 1,
            rejectedPath: expect.stringContaining('s3://out/_millrace/rejected/'),
          },
        },
      ],
    });
  });
});
