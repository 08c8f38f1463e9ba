import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunResult } from '../../src/domain/run.ts';
import { millrace, until } from './cli.ts';
import { createSumsWorld, LONG, pipeline, RIGHT, type SumsWorld } from './sums.ts';

let world: SumsWorld;
let env: Record<string, string | undefined>;

beforeAll(async () => {
  world = await createSumsWorld();
  env = {
    ...world.stack.env,
    TEMPORAL_ADDRESS: world.stack.endpoints.temporal,
    MILLRACE_FOLDER: join(world.folder, 'stack'),
  };
}, 120_000);
afterAll(async () => world?.stop(), 60_000);
beforeEach(async () => world.clear());

const say = (...args: string[]) => millrace([...args, '--config', world.config, '--json'], env);
const jobs = () => join(world.folder, 'stack', 'engines', 'etl');
const keyIn = (detail: string | null) => /mr-\S+$/.exec(detail ?? '')?.[0];

/** A run whose job is gone, with all that the engine knew of it. */
async function lose(name: string, interval: string): Promise<void> {
  await world.numbers(interval);
  const handle = await world.start(name, pipeline(LONG), interval);
  const { detail } = await world.untilStep(handle, 'sums', (step) => keyIn(step.detail) !== undefined);
  const key = keyIn(detail) ?? '';
  rmSync(join(jobs(), key), { recursive: true, force: true });
  await world.untilStep(handle, 'sums', (step) => step.state === 'lost');
}

describe('a step whose job is lost', () => {
  test('is told by show, is resubmitted, and the run goes on', async () => {
    await lose('lost-again', '2001-03-01');
    const shown = JSON.parse((await say('show', 'lost-again/2001-03-01')).stdout) as RunResult;
    expect(shown.steps[0]).toMatchObject({ state: 'lost', failure: { type: 'JobLost' } });
    const refused = await say('adopt', 'lost-again/2001-03-01', 'publish', 'x');
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { message: expect.stringContaining('not lost') },
    });
    expect((await say('resubmit', 'lost-again/2001-03-01', 'sums')).code).toBe(0);
    const result = (await world.client.workflow.getHandle('lost-again/2001-03-01').result()) as RunResult;
    expect(result.status).toBe('done');
    expect(await world.loaded()).toEqual(RIGHT('2001-03-01'));
  }, 120_000);

  test('is abandoned, and the run fails', async () => {
    await lose('lost-for-good', '2001-03-02');
    expect((await say('abandon', 'lost-for-good/2001-03-02', 'sums')).code).toBe(0);
    await expect(world.client.workflow.getHandle('lost-for-good/2001-03-02').result()).rejects.toThrow();
    expect((await say('abandon', 'nobody/2001-03-02', 'sums')).code).toBe(2);
  }, 120_000);
});

describe('orphans', () => {
  test('are the jobs of a terminated run, and are stopped when asked', async () => {
    await world.numbers('2001-03-03');
    const handle = await world.start(
      'terminated',
      pipeline(LONG.replace('range(12000)', 'range(400000)')),
      '2001-03-03',
    );
    const { detail } = await world.untilStep(handle, 'sums', (step) => keyIn(step.detail) !== undefined);
    const key = keyIn(detail);
    const mine = async (...more: string[]) =>
      (JSON.parse((await say('orphans', ...more)).stdout) as { key: string }[]).filter(
        (job) => job.key === key,
      );
    expect(await mine()).toEqual([]);
    await handle.terminate();
    await until(async () => ((await mine()).length === 1 ? true : undefined));
    expect(await mine('--cancel')).toMatchObject([{ engine: 'etl', ref: key }]);
    expect(await mine()).toEqual([]);
  }, 120_000);
});
