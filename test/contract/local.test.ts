import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createLocalEngine } from '../../src/engines/local/engine.ts';
import type { JobEngine, ShellSpec } from '../../src/ports.ts';
import { describeEngine, ended, newKey, type EngineWorld } from './engine.ts';

const shell = (script: string, env: Record<string, string> = {}): ShellSpec => ({
  kind: 'shell',
  script,
  env,
});

async function makeWorld(): Promise<EngineWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-local-'));
  const make = () => createLocalEngine({ folder, env: async () => ({ GREETING: 'hello' }) });
  const engine = make();
  return {
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
      await engine.close?.();
      await rm(folder, { recursive: true });
    },
  };
}

describeEngine('local', makeWorld);

describe('a script on this machine', () => {
  let world: EngineWorld;
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
});
