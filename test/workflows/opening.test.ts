import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Definition } from '../../src/domain/definition.ts';
import { EtlError } from '../../src/domain/failure.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let count = 0;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  world.onLoad = async () => {};
});

test.each([
  ['a run', 'pipeline', '2001-01-05', {}],
  ['a gathering of new data', 'newData', '2001-01-05/new-data', { interval: '2001-01-05' }],
  ['a backfill', 'backfill', 'backfill', { from: '2001-01-01', to: '2001-01-31' }],
])('%s that is cancelled while its pipeline file is read ends as cancelled', async (_, type, id, more) => {
  const name = `opening${(count += 1)}`;
  world.define(name);
  let goOn = () => {};
  const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
  const isReading = new Promise<void>((reading) => {
    world.onLoad = () => {
      reading();
      return mayGoOn;
    };
  });
  const handle = await world.client.workflow.start(type, {
    taskQueue: 'test',
    workflowId: `${name}/${id}`,
    args: [{ pipeline: name, ...more }],
  });
  await isReading;
  await handle.cancel();
  const ended = handle.result().finally(() => goOn());
  await expect(ended).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect((await handle.describe()).status.name).toBe('CANCELLED');
});

const required = { day: { type: 'string', default: null, required: true } } as const;

test.each<[string, Partial<Definition>, string | null, string]>([
  ['without a parameter that it needs', { params: required }, '2001-01-05T00:00:00Z', 'day is missing'],
  ['after one that covers something else', { after: ['hourly'] }, '2001-01-05T00:00:00Z', 'hourly a hour'],
  ['of a file that cannot be read', { file: 'broken' }, null, 'broken.yaml:3:1'],
])('a run %s leaves a record, is listed, and says why', async (_, more, from, words) => {
  const name = `opening${(count += 1)}`;
  world.define('hourly', { covers: 'hour' });
  world.define(name, more);
  world.onLoad = async () => {
    if (more.file) throw new EtlError('Rejected', 'broken.yaml:3:1: no such kind');
  };
  const handle = await world.client.workflow.start('pipeline', {
    taskQueue: 'test',
    workflowId: `${name}/2001-01-05`,
    args: [{ pipeline: name, trigger: { kind: 'backfill' } }],
  });
  await expect(handle.result()).rejects.toThrow();
  const message = expect.stringContaining(words);
  expect(await world.records.read(name, '2001-01-05')).toMatchObject({
    ...{ workflowId: `${name}/2001-01-05`, status: 'failed', trigger: 'backfill', from, steps: [] },
    failure: { step: '', type: 'Rejected', message },
  });
  expect((await handle.describe()).memo?.['trigger']).toBe('backfill');
  expect(await world.progress(handle)).toMatchObject({
    ...{ status: 'failed', trigger: 'backfill', failure: { type: 'Rejected', message } },
  });
});

test('what fails under an ID of its own choice leaves no record, and says why', async () => {
  const handle = await world.client.workflow.start('pipeline', {
    taskQueue: 'test',
    workflowId: 'mine/of-today',
    args: [{ pipeline: 'mine', interval: '2001-01-05' }],
  });
  await expect(handle.result()).rejects.toThrow();
  expect(await world.records.list('mine')).toEqual([]);
  expect((await handle.describe()).memo?.['trigger']).toBeUndefined();
  const message = 'no pipeline is called mine';
  expect(await world.progress(handle)).toMatchObject({ status: 'failed', failure: { message } });
});

test('an ID with an interval of another kind is refused, and nothing else runs instead', async () => {
  const name = `opening${(count += 1)}`;
  world.define(name);
  const handle = await world.client.workflow.start('pipeline', {
    taskQueue: 'test',
    workflowId: `${name}/2001-01`,
    args: [{ pipeline: name }],
  });
  await expect(handle.result()).rejects.toMatchObject({
    cause: { message: expect.stringContaining('"2001-01" is no day; write it as 2001-01-05') },
  });
});
