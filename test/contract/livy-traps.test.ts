import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { WorkRef } from '../../src/ports.ts';
import { ended, newKey, stateOf, until } from './engine.ts';
import { FaultProxy } from './fault-proxy.ts';
import { makeLivyWorld, type LivyWorld } from './livy-world.ts';

/* Where Livy forgets, counts anew, or lists what doesn't exist. */

let world: LivyWorld;
beforeAll(async () => {
  world = await makeLivyWorld();
});
afterAll(() => world.close());

const listed = async (name: string): Promise<{ id: number; state: string }[]> => {
  const answer = await fetch(`${world.url}/batches?from=0&size=1000`);
  const { sessions } = (await answer.json()) as { sessions: { id: number; name: string; state: string }[] };
  return sessions.filter((session) => session.name === name);
};

const byHand = async (name: string, file: string): Promise<Response> =>
  fetch(`${world.url}/batches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, file: `file://${file}` }),
  });

const remove = (id: string) => fetch(`${world.url}/batches/${id}`, { method: 'DELETE' });

const submit = async (spec = world.script('quick')): Promise<WorkRef> => {
  const { found: _, ...ref } = await world.engine.submit(spec, newKey());
  return ref;
};

test('a batch whose start was refused is not left behind', async () => {
  const key = newKey();
  await expect(world.engine.submit(world.refused, key)).rejects.toMatchObject({
    type: 'Rejected',
    message: expect.stringContaining('/of/somebody/else.py cannot be added'),
  });
  expect(await listed(key)).toEqual([]);
  expect((await world.engine.submit(world.quick(), key)).found).toBe(false);
});

test('a batch without a process is lost after a while, and can be cancelled', async () => {
  const key = newKey();
  expect((await byHand(key, '/of/somebody/else.py')).status).toBe(400);
  const impatient = world.engineWith({ startsWithinMs: 100 });
  const { found, ...ref } = await impatient.submit(world.quick(), key);
  expect(found).toBe(true);
  const lost = async () => {
    for (;;) {
      const state = (await impatient.poll([ref])).get(ref.id);
      if (state instanceof Error) return state;
    }
  };
  expect(await lost()).toMatchObject({ type: 'JobLost', message: expect.stringContaining('has no process') });
  await impatient.cancel(ref);
  expect(await listed(key)).toEqual([]);
});

test('a batch that Livy has forgotten is lost, and its key is not', async () => {
  const ref = await submit();
  await ended(world.engine, ref);
  await remove(ref.id);
  expect(await world.engine.find(ref.key)).toEqual(ref);
  expect((await world.engine.submit(world.quick(), ref.key)).found).toBe(true);
  expect((await world.engine.poll([ref])).size).toBe(0);
  await expect(world.engine.cancel(ref)).rejects.toMatchObject({ type: 'JobLost' });
  expect(await world.begun(ref)).toBe(1);
});

test('a submission whose answer was lost too long ago is not guessed about', async () => {
  const proxy = await FaultProxy.start(world.url);
  try {
    const key = newKey();
    const engine = world.engineWith({ url: proxy.url });
    proxy.next(({ method }) => method === 'POST', { kind: 'lost' });
    await expect(engine.submit(world.quick(), key)).rejects.toMatchObject({ type: 'Unavailable' });
    const [batch] = await listed(key);
    await remove(String(batch?.id));
    const note = join(world.folder, 'staging', key, 'sent.json');
    const { atMs, ...rest } = JSON.parse(await readFile(note, 'utf8')) as { atMs: number };
    await writeFile(note, JSON.stringify({ ...rest, atMs: atMs - 600_000 }));
    await expect(engine.submit(world.quick(), key)).rejects.toMatchObject({
      type: 'JobLost',
      message: expect.stringContaining('forgets a batch after ten minutes'),
    });
  } finally {
    await proxy.close();
  }
});

test('gives the pieces of a log of which Livy has dropped the beginning', async () => {
  const go = join(world.folder, 'go');
  const ref = await submit(world.script('long', go));
  await until(world.engine, ref, ({ status }) => status === 'running');
  let page = await world.engine.logs(ref);
  while (page.lines.at(-1) !== '150') page = await world.engine.logs(ref);
  await writeFile(go, '');
  await ended(world.engine, ref);
  const rest = await world.engine.logs(ref, page.next);
  expect(rest.lines[0]).toBe('… (lines that Livy keeps no longer)');
  expect(rest.lines.at(-1)).toBe('500');
  expect(rest.lines).not.toContain('150');
  expect((await world.engine.logs(ref, rest.next)).lines).toEqual([]);
});

test('takes too many at once for a pause, sends who it is, and asks for a secret anew', async () => {
  const proxy = await FaultProxy.start(world.url);
  try {
    const engine = world.engineWith({
      url: proxy.url,
      authorization: async (anew) => (anew ? 'new' : 'old'),
    });
    const words = JSON.stringify({ msg: 'Rejected, too many sessions are being created!' });
    proxy.next(({ method }) => method === 'POST', { kind: 'answer', status: 400, body: words });
    await expect(engine.submit(world.quick(), newKey())).rejects.toMatchObject({ type: 'Throttled' });
    expect(proxy.requests[0]?.headers).toMatchObject({ authorization: 'old', 'x-requested-by': 'millrace' });
    proxy.next(() => true, { kind: 'answer', status: 401 });
    await engine.find(newKey());
    expect(proxy.requests.at(-1)?.headers.authorization).toBe('new');
  } finally {
    await proxy.close();
  }
});

test('refuses options of spark-submit, and what Livy cannot run', async () => {
  const options = { ...world.script('quick'), options: ['--jars', 'x.jar'] };
  await expect(world.engine.submit(options, newKey())).rejects.toMatchObject({
    type: 'Rejected',
    message: expect.stringContaining('under `conf`'),
  });
  const shell = { kind: 'shell', script: 'true', env: {} } as const;
  await expect(world.engine.submit(shell, newKey())).rejects.toMatchObject({ type: 'Rejected' });
});

// Last, because it ends what runs.
test('a number that Livy gave anew after a restart is not taken for the job', async () => {
  const refs = [await submit(world.slow() as ReturnType<LivyWorld['script']>)];
  while (Number(refs.at(-1)?.id) < 2) refs.push(await submit());
  const [ref] = refs as [WorkRef];
  await until(world.engine, ref, ({ status }) => status === 'running');
  await world.restart();
  const gone = await world.engine.poll([ref]);
  expect(gone.size).toBe(0);
  const others = [];
  for (let id = 0; id <= Number(ref.id); id += 1) {
    const answer = await byHand(`of-somebody-${id}`, join(world.folder, 'slow.sh'));
    others.push(((await answer.json()) as { id: number }).id);
  }
  expect(others.map(String)).toContain(ref.id);
  expect((await world.engine.poll([ref])).get(ref.id)).toMatchObject({
    type: 'JobLost',
    message: expect.stringContaining(`is named of-somebody-${ref.id} and not ${ref.key}`),
  });
  await expect(world.engine.cancel(ref)).rejects.toMatchObject({ type: 'JobLost' });
  expect(await listed(`of-somebody-${ref.id}`)).toHaveLength(1);
  // A person may say all the same that this is the job.
  expect((await stateOf(world.engine, { ...ref, adopted: true })).status).not.toBe('failed');
  await world.engine.cancel({ ...ref, adopted: true });
  for (const id of others) await remove(String(id));
});
