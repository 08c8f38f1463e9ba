import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';

import { EtlError } from '../../src/domain/failure.ts';
import { jobKey } from '../../src/domain/key.ts';
import { hasEnded } from '../../src/domain/state.ts';
import type { JobEngine, JobSpec, WorkRef, WorkState } from '../../src/ports.ts';
import { testFaults, testMany, type HttpWorld } from './engine-faults.ts';

/** An engine under test, and what the contract needs besides. */
export interface EngineWorld {
  engine: JobEngine;
  /** Another worker's view of the same engine. */
  another(): JobEngine;
  /** Ends well within seconds. Each call has an output of its own. */
  quick(): JobSpec;
  /** Goes on for minutes unless it is stopped. */
  slow(): JobSpec;
  /** Cannot work, and is refused before anything is started. */
  refused: JobSpec;
  failing: { spec: JobSpec; message: RegExp };
  /** Submits in processes of their own, all at the same time; they live until `kill`. Missing where jobs are elsewhere. */
  submitters?(spec: JobSpec, key: string, count: number): Promise<Submitters>;
  /** How many times the work was really begun. */
  begun(ref: WorkRef): Promise<number>;
  /** Kills the job behind the engine's back; missing where nobody can. */
  kill?(ref: WorkRef): Promise<void>;
  /** What spoils the connection needs; missing for an engine that speaks no HTTP. */
  http?: HttpWorld;
  close(): Promise<void>;
}

export interface Submitters {
  found: boolean[];
  ref: WorkRef;
  /** kill -9. */
  kill(): Promise<void>;
}

let runs = 0;
export const newKey = (): string => {
  runs += 1;
  const run = `${Date.now().toString(16)}${runs.toString(16).padStart(4, '0')}`.padStart(32, '0');
  return jobKey(run, 'step', 1);
};

export async function stateOf(engine: JobEngine, ref: WorkRef): Promise<WorkState> {
  const state = (await engine.poll([ref])).get(ref.id);
  if (state === undefined || state instanceof EtlError) throw state ?? new Error(`${ref.id} is missing`);
  return state;
}

/** Polls until the job's state is as wished. */
export async function until(
  engine: JobEngine,
  ref: WorkRef,
  wished: (state: WorkState) => boolean,
): Promise<WorkState> {
  for (;;) {
    const state = await stateOf(engine, ref);
    if (wished(state)) return state;
    if (hasEnded(state.status)) throw new Error(`the job ended before: ${JSON.stringify(state)}`);
    await sleep(20);
  }
}

export const ended = (engine: JobEngine, ref: WorkRef): Promise<WorkState> =>
  until(engine, ref, ({ status }) => hasEnded(status));

const running = (engine: JobEngine, ref: WorkRef): Promise<WorkState> =>
  until(engine, ref, ({ status }) => status === 'running');

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What every engine must do. */
export function describeEngine(
  name: string,
  makeWorld: () => Promise<EngineWorld>,
  { http = false }: { http?: boolean } = {},
): void {
  describe(`the engine ${name}`, () => {
    let world: EngineWorld;
    let engine: JobEngine;
    beforeAll(async () => {
      world = await makeWorld();
      engine = world.engine;
    });
    afterAll(() => world.close());

    if (http) testFaults(() => world);

    test('submits once per key, and finds what was submitted', async () => {
      const key = newKey();
      expect(await engine.find(key)).toBeUndefined();
      const first = await engine.submit(world.quick(), key);
      const second = await engine.submit(world.quick(), key);
      const { found, ...ref } = first;
      expect(found).toBe(false);
      expect(second).toEqual({ ...ref, found: true });
      expect(await engine.find(key)).toEqual(ref);
      expect(await world.another().find(key)).toEqual(ref);
      expect((await ended(engine, ref)).status).toBe('done');
      expect((await engine.submit(world.quick(), key)).found).toBe(true);
      expect(await world.begun(ref)).toBe(1);
    });

    test('starts one job for submitters in several processes, and keeps it when they are killed', async () => {
      if (!world.submitters) return;
      const submitters = await world.submitters(world.slow(), newKey(), 3);
      const { ref } = submitters;
      expect(submitters.found.filter((found) => !found)).toHaveLength(1);
      await running(engine, ref);
      await submitters.kill();
      expect((await stateOf(engine, ref)).status).toBe('running');
      // A job runs a moment before it says so itself.
      while ((await world.begun(ref)) === 0) await sleep(20);
      expect(await world.begun(ref)).toBe(1);
      await engine.cancel(ref);
      expect((await stateOf(engine, ref)).status).toBe('cancelled');
    });

    test('finishes a job whose submitter was killed', async () => {
      if (!world.submitters) return;
      const submitters = await world.submitters(world.quick(), newKey(), 1);
      await submitters.kill();
      expect((await ended(engine, submitters.ref)).status).toBe('done');
    });

    test('tells the states of many at once, and leaves out what it does not know', async () => {
      const refs: WorkRef[] = [];
      for (let i = 0; i < 3; i += 1) refs.push(await engine.submit(world.quick(), newKey()));
      const unknown = { ...(refs[0] as WorkRef), id: newKey() };
      for (const ref of refs) await ended(engine, ref);
      const states = await engine.poll([...refs, unknown]);
      expect([...states.keys()].sort()).toEqual(refs.map(({ id }) => id).sort());
      expect([...states.values()]).toEqual(refs.map(() => expect.objectContaining({ status: 'done' })));
    });

    test('cancels: the job is stopped when the call returns', async () => {
      const ref = await engine.submit(world.slow(), newKey());
      await running(engine, ref);
      await world.another().cancel(ref);
      expect((await stateOf(engine, ref)).status).toBe('cancelled');
      await engine.cancel(ref);
    });

    test('cancels a job at once after its submission', async () => {
      const ref = await engine.submit(world.slow(), newKey());
      await engine.cancel(ref);
      expect((await stateOf(engine, ref)).status).toBe('cancelled');
    });

    test('leaves an ended job as it is when it is cancelled', async () => {
      const ref = await engine.submit(world.quick(), newKey());
      await ended(engine, ref);
      await engine.cancel(ref);
      expect((await stateOf(engine, ref)).status).toBe('done');
    });

    test('says why a job failed, with the end of its log', async () => {
      const ref = await engine.submit(world.failing.spec, newKey());
      const state = await ended(engine, ref);
      expect(state).toMatchObject({
        status: 'failed',
        message: expect.stringMatching(world.failing.message),
      });
      expect(state.message).not.toContain('\n');
      expect(state.logTail).toMatch(world.failing.message);
    });

    test('lists its keyed jobs, newest first', async () => {
      const since = new Date(Date.now() - 1_000);
      const [older, newer] = [newKey(), newKey()];
      const slow = await engine.submit(world.slow(), older);
      await running(engine, slow);
      const quick = await engine.submit(world.quick(), newer);
      await ended(engine, quick);
      const listed = (await collect(engine.listKeyed(since))).filter(({ key }) =>
        [older, newer].includes(key),
      );
      expect(listed).toEqual([
        { key: newer, ref: await engine.find(newer), status: 'done', startedAt: expect.any(Date) },
        { key: older, ref: await engine.find(older), status: 'running', startedAt: expect.any(Date) },
      ]);
      expect(await collect(engine.listKeyed(new Date(Date.now() + 60_000)))).toEqual([]);
      await engine.cancel(slow);
    });

    test('gives the log in pieces that add up', async () => {
      const ref = await engine.submit(world.quick(), newKey());
      const lines: string[] = [];
      let next: string | undefined;
      let isLast = false;
      while (!isLast) {
        isLast = hasEnded((await stateOf(engine, ref)).status);
        const page = await engine.logs(ref, next);
        lines.push(...page.lines);
        next = page.next;
      }
      expect(lines.length).toBeGreaterThan(0);
      expect((await engine.logs(ref)).lines).toEqual(lines);
      expect((await engine.logs(ref, next)).lines).toEqual([]);
    });

    test('wakes whoever watches when the job ends, also of another worker', async () => {
      for (const watcher of [engine, world.another()]) {
        if (watcher.watch === undefined) return;
        const ref = await engine.submit(world.quick(), newKey());
        const state = await watched(watcher, ref);
        expect(state.status).toBe('done');
      }
    });

    test('wakes whoever watches when the job is killed, also of another worker', async () => {
      for (const watcher of [engine, world.another()]) {
        if (watcher.watch === undefined || world.kill === undefined) return;
        const ref = await engine.submit(world.slow(), newKey());
        await running(watcher, ref);
        const state = watched(watcher, ref);
        await world.kill(ref);
        expect(await state).toMatchObject({ status: 'failed', message: expect.stringMatching(/killed/) });
      }
    });

    test('refuses a spec that cannot work', async () => {
      await expect(engine.submit(world.refused, newKey())).rejects.toMatchObject({ type: 'Rejected' });
    });

    test.each([
      ['SELECT 1 AS a; SELECT 2 AS b', 'the query has 2 statements; write one SELECT'],
      ['-- nothing', 'the query is empty; write one SELECT'],
    ])('refuses the sql %s', async (query, message) => {
      if (!engine.kinds.includes('sql')) return;
      const output = { path: 's3://lake/refused/', format: 'parquet' } as const;
      const spec = { kind: 'sql', inputs: {}, query, output } as const;
      await expect(engine.submit(spec, newKey())).rejects.toMatchObject({ type: 'Rejected', message });
    });

    if (http) testMany(() => world);
  });
}

/** Looks at the job only when woken: a wake that doesn't come shows as a test that doesn't end. */
async function watched(engine: JobEngine, ref: WorkRef): Promise<WorkState> {
  let wake = () => {};
  const stop = engine.watch?.(ref, () => wake());
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      const state = await stateOf(engine, ref);
      if (hasEnded(state.status)) return state;
      await woken;
    }
  } finally {
    stop?.();
  }
}
