import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from '@jest/globals';

import { newKey } from './engine.ts';
import { FaultProxy } from './fault-proxy.ts';
import { makeLivyWorld, type LivyWorld } from './livy-world.ts';

/* What can be said of a submission whose answer was lost, by a Livy that lists it no more. */

let world: LivyWorld;
let proxy: FaultProxy;
beforeAll(async () => void (world = await makeLivyWorld()));
afterAll(() => world.close());
beforeEach(async () => void (proxy = await FaultProxy.start(world.url)));
afterEach(() => proxy.close());

const engine = () => world.engineWith({ url: proxy.url });
const remove = (id: string) => fetch(`${world.url}/batches/${id}`, { method: 'DELETE' });

const isSubmission = ({ method }: { method: string }) => method === 'POST';
const ACCEPTED = { kind: 'lost' } as const;
const NEVER_ACCEPTED = { kind: 'answer', status: 503, body: 'nobody is there' } as const;

async function loseAnswer(fault: typeof ACCEPTED | typeof NEVER_ACCEPTED, key = newKey()): Promise<string> {
  proxy.next(isSubmission, fault);
  await expect(engine().submit(world.quick(), key)).rejects.toMatchObject({ type: 'Unavailable' });
  return key;
}

const ambiguous = {
  type: 'JobLost',
  message: expect.stringContaining('nothing that Livy lists shows that it has not been started anew'),
};

// First, because the list is empty.
test('nobody was there before, and Livy was started anew: it is not guessed about', async () => {
  const key = await loseAnswer(ACCEPTED);
  await world.restart();
  await expect(engine().submit(world.quick(), key)).rejects.toMatchObject(ambiguous);
  await expect(engine().find(key)).rejects.toMatchObject(ambiguous);
  expect(await world.begun({ id: '', key })).toBe(1);
});

test('the numbers have grown past the old ones since Livy was started anew: the same', async () => {
  await world.engine.submit(world.quick(), newKey());
  const key = await loseAnswer(ACCEPTED);
  await world.restart();
  for (let count = 0; count < 3; count += 1) await world.engine.submit(world.quick(), newKey());
  await expect(engine().submit(world.quick(), key)).rejects.toMatchObject(ambiguous);
  expect(await world.begun({ id: '', key })).toBe(1);
});

test('it never arrived, and a batch of then is still there: it is submitted, whatever became of the newest', async () => {
  await world.engine.submit(world.quick(), newKey());
  const newest = await world.engine.submit(world.quick(), newKey());
  const key = await loseAnswer(NEVER_ACCEPTED);
  await remove(newest.id);
  expect((await engine().submit(world.quick(), key)).found).toBe(false);
});

test('it never arrived, and no batch of then is left: nobody can say', async () => {
  const { sessions } = (await (await fetch(`${world.url}/batches`)).json()) as { sessions: { id: number }[] };
  for (const { id } of sessions) await remove(String(id));
  const key = await loseAnswer(NEVER_ACCEPTED);
  await expect(engine().submit(world.quick(), key)).rejects.toMatchObject(ambiguous);
});

test('there was no Livy to get it: it is submitted when there is one', async () => {
  const key = newKey();
  const gone = await FaultProxy.start(world.url);
  // The next request needs a connection of its own.
  gone.next(() => true, {
    kind: 'answer',
    status: 200,
    headers: { connection: 'close' },
    body: JSON.stringify({ total: 0, sessions: [] }),
  });
  let requests = 0;
  const left = world.engineWith({
    url: gone.url,
    authorization: async () => {
      requests += 1;
      if (requests === 2) await gone.close();
      return undefined;
    },
  });
  await expect(left.submit(world.quick(), key)).rejects.toMatchObject({
    type: 'Unavailable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  expect((await engine().submit(world.quick(), key)).found).toBe(false);
});
