import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createWorld, type World } from './world.ts';

let world: World;
let count = 0;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());

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
