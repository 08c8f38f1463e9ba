import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';

import { EtlError } from '../../src/domain/failure.ts';
import type { JobEngine, WorkRef } from '../../src/ports.ts';
import { collect, ended, newKey, stateOf, type EngineWorld } from './engine.ts';
import { FaultProxy, type Fault, type Passed } from './fault-proxy.ts';

/** What the suite needs of an engine that speaks HTTP. */
export interface HttpWorld {
  /** The URL of the real counterpart. */
  upstream: string;
  /** The engine, with that URL in its configuration. `secret` stands in where the server checks one. */
  engineAt(url: string, options?: { secret?: Secret; requestTimeoutMs?: number }): JobEngine;
  /** Whether a request is the one that starts a job. */
  isSubmission(request: Passed): boolean;
  /** The secret that the server takes; missing where it asks for none. */
  secret?: string;
  /** Makes many jobs that end at once, and says how many requests a poll of all may take. */
  many?: {
    count: number;
    requests: number;
    make(engine: JobEngine, count: number): Promise<WorkRef[]>;
    /** The one that they run on, where it is another than the world's. */
    on?: JobEngine;
  };
  /** How a failure with that status says something, where it isn't `{"message": …}`. */
  refusal?(status: number, words: string): { headers?: Record<string, string>; body: string };
}

export type Secret = (anew?: boolean) => Promise<string>;

const any = () => true;

/** What an engine must do when the network or the other side fails; to be called in the engine's `describe`. */
export function testFaults(worldOf: () => EngineWorld): void {
  let proxy: FaultProxy;
  let world: EngineWorld;
  let http: HttpWorld;
  let engine: JobEngine;

  beforeEach(async () => {
    world = worldOf();
    if (!world.http) throw new Error('the world has no http');
    http = world.http;
    proxy = await FaultProxy.start(http.upstream);
    engine = http.engineAt(proxy.url);
  });
  afterEach(() => proxy.close());

  const refusal = (status: number, words: string, headers: Record<string, string> = {}): Fault => {
    const own = http.refusal?.(status, words) ?? { body: JSON.stringify({ message: words }) };
    return { kind: 'answer', status, body: own.body, headers: { ...own.headers, ...headers } };
  };

  const submitted = async (): Promise<WorkRef> => {
    const { found: _, ...ref } = await world.engine.submit(world.quick(), newKey());
    await ended(world.engine, ref);
    return ref;
  };

  test.each<[string, Fault, string[]]>([
    ['the answer is lost', { kind: 'lost' }, ['Unavailable']],
    ['the answer is cut off', { kind: 'truncated' }, ['Unavailable', 'Unexpected']],
    ['the answer is a page', { kind: 'garbage' }, ['Unexpected']],
    ['the server fails after it has accepted', { kind: 'failed', status: 500 }, ['Unavailable']],
    ['no answer comes in time', { kind: 'hang' }, ['Unavailable']],
  ])('submits once when %s', async (_, fault, types) => {
    const key = newKey();
    const impatient = http.engineAt(proxy.url, { requestTimeoutMs: 2_000 });
    proxy.next((request) => http.isSubmission(request), fault);
    const first = await impatient.submit(world.quick(), key).catch((error: unknown) => error);
    // Some vendors can be asked at once what became of it: then there is no failure.
    if (first instanceof Error) expect(types).toContain(first instanceof EtlError ? first.type : first);
    await sleep(impatient.lookAfterMs);
    const { found, ...ref } = await engine.submit(world.quick(), key);
    expect(found).toBe(true);
    expect((await ended(engine, ref)).status).toBe('done');
    expect(await world.begun(ref)).toBe(1);
  });

  test('keeps one job of several submitters at once', async () => {
    const key = newKey();
    const since = new Date(Date.now() - 60_000);
    const spec = world.slow();
    const refs = await Promise.all([
      http.engineAt(proxy.url).submit(spec, key),
      http.engineAt(proxy.url).submit(spec, key),
      http.engineAt(proxy.url).submit(spec, key),
    ]);
    await sleep(engine.lookAfterMs);
    const { found: _, ...ref } = await engine.submit(spec, key);
    expect(new Set([...refs.map(({ id }) => id), ref.id]).size).toBe(1);
    const live = (await collect(engine.listKeyed(since))).filter(
      (job) => job.key === key && (job.status === 'running' || job.status === 'queued'),
    );
    expect(live.map((job) => job.ref.id)).toEqual([ref.id]);
    await engine.cancel(ref);
  });

  test.each([400, 401, 403, 404, 422])(
    'is refused with %d, in the words of the other side',
    async (status) => {
      proxy.next(http.isSubmission, refusal(status, 'the moon is in the wrong quarter'), 2);
      await expect(engine.submit(world.quick(), newKey())).rejects.toMatchObject({
        type: 'Rejected',
        message: expect.stringContaining('the moon is in the wrong quarter'),
      });
    },
  );

  test('waits as long as a 429 asks it to, or for a while', async () => {
    for (const headers of [{ 'retry-after': '7' }, undefined]) {
      const own = http.engineAt(proxy.url);
      proxy.next(http.isSubmission, refusal(429, 'slower', headers));
      const error = await own.submit(world.quick(), newKey()).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ type: 'Throttled' });
      const { retryAfterMs = 0 } = error as EtlError;
      if (headers) expect(Math.round(retryAfterMs / 1000)).toBe(7);
      else expect(retryAfterMs).toBeGreaterThan(0);
    }
  });

  test.each<[string, Fault, string[]]>([
    ['5xx', { kind: 'answer', status: 503, body: 'down' }, ['Unavailable']],
    ['a lost answer', { kind: 'lost' }, ['Unavailable']],
    ['an answer that is cut off', { kind: 'truncated' }, ['Unavailable', 'Unexpected']],
    ['a page', { kind: 'garbage' }, ['Unexpected']],
    ['no answer in time', { kind: 'hang' }, ['Unavailable']],
  ])('asks for states: %s passes, and the next answer counts', async (_, fault, types) => {
    const ref = await submitted();
    const impatient = http.engineAt(proxy.url, { requestTimeoutMs: 2_000 });
    proxy.next(any, fault);
    const failure = (await impatient.poll([ref]).catch((error: unknown) => error)) as EtlError;
    expect(types).toContain(failure.type);
    expect((await stateOf(engine, ref)).status).toBe('done');
  });

  test('bears a slow answer', async () => {
    const ref = await submitted();
    proxy.next(any, { kind: 'slow', ms: 1_500 });
    expect((await stateOf(engine, ref)).status).toBe('done');
  });

  test('takes a secret that was rotated, in the midst of waiting', async () => {
    const { secret } = http;
    if (secret === undefined) return;
    const ref = await submitted();
    const rotated = http.engineAt(proxy.url, { secret: async (anew) => (anew ? secret : 'of-yesterday') });
    expect((await stateOf(rotated, ref)).status).toBe('done');
    const wrong = http.engineAt(proxy.url, { secret: async () => 'of-yesterday' });
    await expect(wrong.poll([ref])).rejects.toMatchObject({ type: 'Rejected' });
  });
}

/** To be called last: with so many jobs each look at a list takes longer. */
export function testMany(worldOf: () => EngineWorld): void {
  test('asks for many in few requests, and lists them over pages', async () => {
    const { engine, http } = worldOf();
    if (!http?.many) return;
    const { count, requests, make, on = engine } = http.many;
    // The other side may tell of whole seconds only.
    const since = new Date(Date.now() - 1_000);
    const refs = await make(engine, count);
    for (const ref of refs.slice(-3)) await ended(engine, ref);
    const proxy = await FaultProxy.start(http.upstream);
    try {
      const states = await http.engineAt(proxy.url).poll(refs);
      expect(states.size).toBe(count);
      expect(proxy.requests.length).toBeLessThanOrEqual(requests);
    } finally {
      await proxy.close();
    }
    const keys = refs.map(({ key }) => key);
    const listed = (await collect(on.listKeyed(since))).filter(({ key }) => keys.includes(key));
    expect(listed.map(({ key }) => key).sort()).toEqual([...keys].sort());
    const times = listed.map(({ startedAt }) => startedAt.getTime());
    expect(times).toEqual([...times].sort((one, other) => other - one));
  });
}
