import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CommandSpec, JobSpec } from '../../src/ports.ts';
import { failureOf } from '../failure-of.ts';
import { createWorld, sql, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  world.engine.behave = () => ({ status: 'done' });
  world.engine.submissions.length = 0;
  world.engine.jobs.clear();
  world.engine.released.length = 0;
});

const specs = (): JobSpec[] => [...world.engine.jobs.values()].map(({ spec }) => spec);

const hive = (query: string): CommandSpec => ({ kind: 'hive', query });
const shell = (script: string, env: Record<string, string> = {}): CommandSpec => ({
  kind: 'shell',
  script,
  env,
});

describe('a job', () => {
  test('of Hive gets values in its SQL, and its output is measured', async () => {
    const output = { path: 's3://out/${interval.date}/', format: 'parquet' as const };
    const query = 'insert overwrite table t select * from s where day = ${interval.date}';
    const result = await world.run([
      step('hive', 'h', { engine: 'etl', job: { kind: 'hive', query, output } }),
    ]);
    expect(specs()).toEqual([
      {
        kind: 'hive',
        query: "insert overwrite table t select * from s where day = DATE '2001-01-05'",
        output: { path: 's3://out/2001-01-05/', format: 'parquet' },
      },
    ]);
    expect(result.steps[0]?.result).toMatchObject({
      output: { path: 's3://out/2001-01-05/' },
      rows: 7,
      files: 1,
      bytes: 70,
    });
  });

  test('has the page that its engine shows it at once it runs', async () => {
    world.engine.behave = () => ({ status: 'done', url: 'https://ui.invalid/1' });
    const result = await world.run([
      step('hive', 'h', { engine: 'etl', job: { kind: 'hive', query: 'select 1' } }),
    ]);
    expect(result.steps[0]?.result).toMatchObject({ url: 'https://ui.invalid/1' });
  });

  test('of Spark gets its arguments, and its program as it stands', async () => {
    await world.run([
      step('spark', 's', {
        engine: 'etl',
        job: {
          kind: 'spark',
          app: { form: 'program', program: 'print("${not.ours}")', language: 'python' },
          arguments: ['--day', '${interval.date}'],
          conf: { 'spark.x': '${interval.weekday}' },
          options: [],
        },
      }),
    ]);
    expect(specs()).toMatchObject([
      {
        app: { program: 'print("${not.ours}")' },
        arguments: ['--day', '2001-01-05'],
        conf: { 'spark.x': '5' },
      },
    ]);
  });

  test('of the shell gets its values by variables alone, and leaves values to later steps', async () => {
    world.engine.left = { exitCode: 0, values: { files: 3 } };
    const result = await world.run([
      step('shell', 'sync', {
        engine: 'etl',
        job: { kind: 'shell', script: 'echo ${DAY}', env: { DAY: '${interval.date}' } },
      }),
      sql('later', { when: 'steps.sync.values.files == 3' }),
    ]);
    expect(specs()[0]).toEqual({ kind: 'shell', script: 'echo ${DAY}', env: { DAY: '2001-01-05' } });
    expect(result.steps).toMatchObject([
      { result: { exitCode: 0, values: { files: 3 } } },
      { state: 'done' },
    ]);
  });
});

describe('a chain', () => {
  test('runs one by one where the engine has no chains, and stops at the first failure', async () => {
    world.engine.behave = (nth) =>
      nth === 2 ? { status: 'failed', message: 'no such table' } : { status: 'done' };
    const commands = [hive('select 1'), shell('exit 1'), shell('never')];
    const error = await failureOf(world.run([step('chain', 'c', { engine: 'etl', commands, push: false })]));
    expect(error.message).toContain('no such table');
    expect(specs().map(({ kind }) => kind)).toEqual(['hive', 'shell']);
  });

  describe('whose second of three commands is lost, one by one,', () => {
    async function lose(onLost: 'ask' | 'resubmit' = 'ask') {
      world.engine.behave = (nth) => ({ status: nth === 2 ? 'running' : 'done' });
      const commands = [hive('select 1'), hive('select 2'), hive('select 3')];
      const chain = step('chain', 'c', { engine: 'etl', commands, push: false }, { onLost });
      const handle = await world.start([chain]);
      await world.until(handle, ({ steps }) => steps[0]?.detail?.includes('job-2') ?? false);
      world.engine.forget('job-2');
      return handle;
    }
    const queries = () => specs().map((spec) => 'query' in spec && spec.query);
    const done = (...refs: string[]) => ({
      steps: [{ result: { commands: refs.map((ref) => ({ ref, state: 'done' })) } }],
    });

    test('takes up that command alone, by its ref', async () => {
      const handle = await lose();
      await world.until(handle, ({ steps }) => steps[0]?.state === 'lost');
      await world.engine.submit(hive('by hand'), 'by hand');
      await handle.executeUpdate('adopt', { args: [{ step: 'c', ref: 'job-3' }] });
      expect(await handle.result()).toMatchObject(done('job-1', 'job-3', 'job-4'));
      expect(queries()).toEqual(['select 1', 'by hand', 'select 3']);
    });

    test('submits that command alone again', async () => {
      const handle = await lose('resubmit');
      expect(await handle.result()).toMatchObject(done('job-1', 'job-3', 'job-4'));
      expect(queries()).toEqual(['select 1', 'select 2', 'select 3']);
    });
  });

  test('is one job where the engine has them', async () => {
    world.engine.kinds = [...world.engine.kinds, 'chain'];
    world.engine.left = {
      commands: [
        { ref: '11', state: 'done' },
        { ref: '12', state: 'done' },
      ],
    };
    const commands = [hive('select ${interval.date}'), shell('true')];
    const again = await createWorld({ engine: world.engine });
    const result = await again.run([step('chain', 'c', { engine: 'etl', commands, push: true })]);
    await again.close();
    expect(specs()).toEqual([
      { kind: 'chain', commands: [hive("select DATE '2001-01-05'"), shell('true')], push: true },
    ]);
    expect(result.steps[0]?.result).toMatchObject({ ref: 'job-1', commands: [{ ref: '11' }, { ref: '12' }] });
  });
});

describe('a cluster', () => {
  const cluster = (release: 'keep' | 'whenIdle' | 'always') =>
    step('ensureCluster', 'cluster', { engine: 'etl', release });

  test('that takes its time is waited for', async () => {
    world.engine.cluster = [
      { id: 'c1', ready: false, started: true, state: 'PENDING' },
      { id: 'c1', ready: false, started: false, state: 'PENDING' },
      { id: 'c1', ready: true, started: true, state: 'UP' },
    ];
    const result = await world.run([cluster('keep')]);
    expect(result.steps[0]?.result).toMatchObject({ cluster: 'c1', started: true });
    expect(world.engine.released).toEqual([]);
  });

  test('that the run started for itself ends with it, also when it fails', async () => {
    world.engine.cluster = [{ id: 'c2', ready: true, started: true }];
    world.engine.behave = () => ({ status: 'failed', message: 'no' });
    await failureOf(world.run([cluster('always'), sql('a')]));
    expect(world.engine.released).toEqual(['c2']);
  });

  test('that is still on its way up when the time of its step is up ends with the run', async () => {
    world.engine.cluster = [{ id: 'c4', ready: false, started: true, state: 'PENDING' }];
    const late = step('ensureCluster', 'cluster', { engine: 'etl', release: 'always' }, { timeoutMs: 1_000 });
    expect((await failureOf(world.run([late]))).message).toContain('timed out');
    expect(world.engine.released).toEqual(['c4']);
  });

  test('that is asked to start while the run is cancelled ends with it', async () => {
    world.engine.cluster = [{ id: 'c5', ready: false, started: true, state: 'PENDING' }];
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      world.engine.onCluster = () => {
        resolve();
        return new Promise((release) => (answer = release));
      };
    });
    try {
      const handle = await world.start([cluster('always')]);
      await asked;
      await handle.cancel();
      await sleep(500);
      answer();
      await expect(handle.result()).rejects.toThrow();
      expect(world.engine.released).toEqual(['c5']);
    } finally {
      world.engine.onCluster = async () => {};
      answer();
    }
  });

  test('that was on its way down is started after all, and ends with the run', async () => {
    world.engine.cluster = [
      { id: 'c6', ready: false, started: false, state: 'TERMINATING' },
      { id: 'c6', ready: false, started: true, state: 'DOWN' },
      { id: 'c6', ready: false, started: true, state: 'PENDING' },
      { id: 'c6', ready: true, started: true, state: 'UP' },
    ];
    const result = await world.run([cluster('always')]);
    expect(result.steps[0]?.result).toMatchObject({ cluster: 'c6', started: true });
    expect(world.engine.released).toEqual(['c6']);
  });

  test('that was up before is left alone', async () => {
    world.engine.cluster = [{ id: 'c3', ready: true, started: false }];
    await world.run([cluster('always')]);
    expect(world.engine.released).toEqual([]);
  });
});
