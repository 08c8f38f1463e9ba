import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createLocalEngine } from '../../src/engines/local/engine.ts';
import type { JobEngine, ShellSpec } from '../../src/ports.ts';
import { describeEngine, ended, newKey, type EngineWorld } from './engine.ts';

const shell = (script: string, env: Record<string, string> = {}): ShellSpec => ({
  kind: 'shell',
  script,
  env,
});

async function makeWorld(): Promise<EngineWorld & { folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-local-'));
  const engines: JobEngine[] = [];
  const make = () => {
    const engine = createLocalEngine({ folder, env: async () => ({ GREETING: 'hello' }) });
    engines.push(engine);
    return engine;
  };
  const engine = make();
  return {
    folder,
    engine,
    another: make,
    // It notes each beginning where a second one would be seen.
    quick: () => shell('echo begun >>begun.txt; echo "$GREETING"'),
    slow: () => shell('echo begun >>begun.txt; sleep 300'),
    refused: { kind: 'hive', query: 'select 1' },
    failing: { spec: shell('echo the disk is full >&2; exit 3'), message: /the disk is full/ },
    begun: async ({ id }) =>
      (await readFile(join(folder, id, 'begun.txt'), 'utf8')).split('\n').filter(Boolean).length,
    async close() {
      for (const one of engines) await one.close?.();
      await rm(folder, { recursive: true, maxRetries: 10 });
    },
  };
}

describeEngine('local', makeWorld);

describe('a script on this machine', () => {
  let world: Awaited<ReturnType<typeof makeWorld>>;
  let engine: JobEngine;
  beforeAll(async () => {
    world = await makeWorld();
    engine = world.engine;
  });
  afterAll(() => world.close());

  test('gets its values by variables, and leaves an object', async () => {
    const script = 'printf \'{"day": "%s", "n": %d}\' "$DAY" "$N" >"$MILLRACE_OUTPUT"';
    const ref = await engine.submit(
      shell(script, { DAY: '$(rm -rf /) "quoted"'.slice(0, 11), N: '7' }),
      newKey(),
    );
    expect((await ended(engine, ref)).status).toBe('done');
    expect(await engine.outcome?.(ref, 'shell')).toEqual({
      exitCode: 0,
      values: { day: '$(rm -rf /)', n: 7 },
    });
  });

  test('sees nothing of the environment of the worker', async () => {
    const ref = await engine.submit(shell('env | cut -d= -f1 | sort'), newKey());
    await ended(engine, ref);
    const { lines } = await engine.logs(ref);
    expect(lines.filter((name) => name !== '_')).toEqual(
      ['GREETING', 'HOME', 'MILLRACE_OUTPUT', 'OLDPWD', 'PATH', 'PWD'].filter((name) => lines.includes(name)),
    );
  });

  test('that writes something else than an object fails the step', async () => {
    const ref = await engine.submit(shell('echo seven >"$MILLRACE_OUTPUT"'), newKey());
    await ended(engine, ref);
    await expect(engine.outcome?.(ref, 'shell')).rejects.toMatchObject({ type: 'JobFailed' });
  });

  test('starts once however many try to start it', async () => {
    const key = newKey();
    const refs = await Promise.all(
      [engine, world.another(), world.another()].map((one) => one.submit(world.quick(), key)),
    );
    const [ref] = refs;
    if (!ref) throw new Error('no ref');
    await ended(engine, ref);
    expect(refs.filter(({ found }) => !found)).toHaveLength(1);
    expect(await world.begun(ref)).toBe(1);
  });

  test('is stopped with all that it started, also if that takes no notice of a polite word', async () => {
    const stubborn = `(trap '' TERM; echo "$(exec sh -c 'echo $PPID')" >pid.txt; while :; do sleep 1; done)`;
    const ref = await engine.submit(shell(`${stubborn} & wait`), newKey());
    const file = join(world.folder, ref.id, 'pid.txt');
    while (!existsSync(file) || !readFileSync(file, 'utf8').endsWith('\n')) await sleep(20);
    const pid = Number(readFileSync(file, 'utf8'));
    await engine.cancel(ref);
    expect(lives(pid)).toBe(false);
  });

  test('writes nothing once its engine is closed, however short it lived', async () => {
    const own = await makeWorld();
    const refs = await Promise.all(
      Array.from({ length: 10 }, () => own.engine.submit(own.quick(), newKey())),
    );
    // Each poll tries to start what has no process yet.
    await own.another().poll(refs);
    await own.engine.poll(refs);
    await own.close();
    await expect(stat(own.folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
