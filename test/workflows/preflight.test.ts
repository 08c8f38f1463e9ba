import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { EtlError } from '../../src/domain/failure.ts';
import { failureOf } from '../failure-of.ts';
import { createWorld, sql, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  world.messages.length = 0;
  world.engine.jobs.clear();
  world.warehouse.faultsOf = () => [];
});

const missing = { code: 'table', type: 'PublishFailed', message: 'the table is not there' } as const;
const copy = (more = {}) =>
  step('redshiftCopy', 'publish', {
    warehouse: 'analytics',
    from: { path: 's3://out/a/', format: 'parquet' },
    table: 'public.t',
    mode: 'append',
    ...more,
  });

test('a load that can’t succeed fails its step before any job is submitted', async () => {
  world.warehouse.faultsOf = () => [missing, { ...missing, message: 'nor is anything else' }];
  const handle = await world.start([sql('a'), copy()], {
    onFailure: [step('notify', 'bad', { webhook: 'oncall', message: '${failure.step}: ${failure.type}' })],
    finally: [step('notify', 'always', { webhook: 'oncall', message: 'a is ${steps.a.state}' })],
  });
  const { type, message } = await failureOf(handle.result());
  expect(type).toBe('PublishFailed');
  expect(message).toBe('step publish: PublishFailed: the table is not there; nor is anything else');
  expect(world.engine.jobs.size).toBe(0);
  expect(world.messages.map(({ text }) => text)).toEqual(['a is waiting', 'publish: PublishFailed']);
});

test('a warehouse that no file of the configuration names is found out as early', async () => {
  const { message } = await failureOf(
    (await world.start([sql('a'), copy({ warehouse: 'elsewhere' })])).result(),
  );
  expect(message).toMatch(/^step publish: Rejected: no warehouse is called elsewhere/);
  expect(world.engine.jobs.size).toBe(0);
});

test('a warehouse that doesn’t answer now stops nothing', async () => {
  world.warehouse.faultsOf = () => {
    throw new EtlError('Unavailable', 'it sleeps');
  };
  world.stored.set('s3://out/a/part-0', 'rows');
  expect(await world.run([sql('a'), copy()])).toMatchObject({ status: 'done' });
});
