import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { JobEngine, JobSpec, SqlSpec, WorkRef } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { measureOutput } from '../../src/storage/measure.ts';
import { makeDuckdbWorld, pidOf, type DuckdbWorld } from './duckdb-world.ts';
import { ended, until } from './engine.ts';
import { httpfs, localS3, startMinistack } from './ministack.ts';

let world: DuckdbWorld;
let engine: JobEngine;
let keys = 0;
const newKey = () => `job-${(keys += 1)}`;
const run = async (spec: JobSpec, on = engine) => ended(on, await on.submit(spec, newKey()));
const status = async (ref: WorkRef) => (await engine.poll([ref])).get(ref.id);

const processesOfOurs = () =>
  execFileSync('ps', ['-A', '-o', 'ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.trim().startsWith(`${process.pid} `) && line.includes('duckdb/job.js'));

beforeAll(async () => {
  world = await makeDuckdbWorld();
  engine = world.engine;
});
afterAll(() => world.close());

test('an input has the columns of its files, and none of folders like dt=', async () => {
  for (const format of ['csv', 'parquet', 'json'] as const) {
    const path = join(world.folder, format, 'dt=2001-01-05/');
    expect(await run(world.sql('SELECT 1 AS one', { output: { path, format } }))).toMatchObject({
      status: 'done',
    });
    const output = { path: join(world.folder, `all-of-${format}/`), format: 'csv' } as const;
    await run(world.sql('SELECT * FROM v', { inputs: { v: { path, format } }, output }));
    expect(readFileSync(join(output.path, 'part-0.csv'), 'utf8')).toBe('one\n1\n');
  }
});

describe('jobs and their processes', () => {
  test('no more jobs run at once than may; the next starts when one ends', async () => {
    const folder = join(world.folder, 'two-at-once');
    const [one, other] = [world.engineWith({ folder, maxJobs: 2 }), world.engineWith({ folder, maxJobs: 2 })];
    const slow = await Promise.all([one.submit(world.slow(), 'a'), other.submit(world.slow(), 'b')]);
    await until(one, slow[0], ({ status }) => status === 'running');
    await until(one, slow[1], ({ status }) => status === 'running');
    const queued = await Promise.all([one.submit(world.quick(), 'c'), other.submit(world.slow(), 'd')]);
    const states = await other.poll([...slow, ...queued]);
    expect([...states.values()].map((state) => 'status' in state && state.status)).toEqual([
      'running',
      'running',
      'queued',
      'queued',
    ]);
    await one.cancel(queued[1]);
    await other.cancel(slow[1]);
    expect((await ended(one, queued[0])).status).toBe('done');
    expect((await ended(one, queued[1])).status).toBe('cancelled');
    await one.close();
    expect((await ended(one, slow[0])).status).toBe('cancelled');
  });

  test('many processes at once stay within the limit', async () => {
    const folder = join(world.folder, 'crowd');
    const crowd = Array.from({ length: 4 }, () => world.engineWith({ folder, maxJobs: 1 }));
    const refs = await Promise.all(crowd.map((each, i) => each.submit(world.slow(), `job-${i}`)));
    const [first] = crowd as [JobEngine];
    const begun = async () => {
      const counts = await Promise.all(refs.map((ref) => world.begun(ref)));
      return counts.reduce((sum, count) => sum + count);
    };
    while ((await begun()) === 0) await first.poll(refs);
    // Whoever was not admitted tries again while these polls go on.
    for (let i = 0; i < 20; i += 1) await first.poll(refs);
    expect(await begun()).toBe(1);
    await first.close?.();
    expect(await begun()).toBe(1);
  });

  test('an engine that is closed leaves no process behind, also none that had yet to take its job', async () => {
    const folder = join(world.folder, 'closed');
    const [one, other] = [world.engineWith({ folder }), world.engineWith({ folder })];
    await one.submit(world.slow(), 'early');
    await other.close();
    await one.close();
    expect(processesOfOurs()).toEqual([]);
  });

  test('a job whose submitter died before starting it is started by whoever looks', async () => {
    const spec = world.quick();
    mkdirSync(join(world.options.folder, 'half'));
    writeFileSync(join(world.options.folder, 'half', 'spec.json'), JSON.stringify(spec));
    const ref = await engine.find('half');
    expect(await ended(engine, ref as WorkRef)).toMatchObject({ status: 'done' });
  });

  test('a recycled process number is not taken for the job', async () => {
    const ref = await engine.submit(world.slow(), newKey());
    await until(engine, ref, ({ status }) => status === 'running');
    const claim = join(world.options.folder, '.active', ref.id);
    const original = readFileSync(claim);
    writeFileSync(claim, JSON.stringify({ pid: process.pid, startedAt: '1' }));
    const fresh = world.another();
    expect(await ended(fresh, ref)).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/gone/),
    });
    process.kill(JSON.parse(original.toString()).pid, 'SIGKILL');
  });

  test('a kill is noticed at once also in a folder too deep for the name of a socket', async () => {
    const deep = { folder: join(world.folder, 'deep'.repeat(30)) };
    const [one, other] = [world.engineWith(deep), world.engineWith(deep)];
    const ref = await one.submit(world.slow(), 'deep');
    await until(other, ref, ({ status }) => status === 'running');
    const woken = new Promise<void>((resolve) => other.watch?.(ref, resolve));
    process.kill(pidOf(deep.folder, ref.id), 'SIGKILL');
    await woken;
    expect((await ended(other, ref)).status).toBe('failed');
  });

  test('a ref that leads elsewhere is not known', async () => {
    const ref = { id: '../jobs/half', key: 'half' };
    expect(await status(ref)).toBeUndefined();
    await engine.cancel(ref);
  });

  test('a killed process is told of with its signal', async () => {
    const ref = await engine.submit(world.slow(), newKey());
    await until(engine, ref, ({ status }) => status === 'running');
    process.kill(pidOf(world.options.folder, ref.id), 'SIGKILL');
    expect(await ended(engine, ref)).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^killed by signal SIGKILL/),
    });
  });

  test('forgets jobs that ended more than a week ago, and only those', async () => {
    const [old, recent] = [
      await engine.submit(world.quick(), newKey()),
      await engine.submit(world.quick(), newKey()),
    ];
    await Promise.all([ended(engine, old), ended(engine, recent)]);
    const longAgo = Date.now() / 1000 - 8 * 24 * 3600;
    utimesSync(join(world.options.folder, old.id, 'state.json'), longAgo, longAgo);
    world.another();
    expect(await status(old)).toBeUndefined();
    expect(await status(recent)).toMatchObject({ status: 'done' });
  });

  test('a process sees neither the environment nor any credentials of the worker', async () => {
    const ref = await engine.submit(world.slow(), newKey());
    await until(engine, ref, ({ status }) => status === 'running');
    const environment = readFileSync(`/proc/${pidOf(world.options.folder, ref.id)}/environ`, 'utf8');
    expect(
      environment
        .split('\0')
        .map((line) => line.split('=')[0])
        .filter(Boolean)
        .sort(),
    ).toEqual(['HOME', 'PATH']);
    await engine.cancel(ref);
  });
});

describe.each(['local files', 'S3'])('outputs on %s', (where) => {
  let base: string;
  let store: ReturnType<typeof createObjectStore>;
  let on: ReturnType<DuckdbWorld['engineWith']>;
  let stop = async () => {};
  const sql = (query: string, more: Partial<SqlSpec> = {}): SqlSpec => ({
    ...world.sql(query),
    output: { path: `${base}out/`, format: 'parquet' },
    ...more,
  });
  const names = async () =>
    (await store.list(`${base}out/`)).map(({ path }) => path.slice(`${base}out/`.length));

  beforeAll(async () => {
    if (where === 'S3') {
      const s3 = await startMinistack();
      const { accessKeyId, secretAccessKey, region } = localS3;
      const credentials = { accessKeyId, secretAccessKey };
      store = createObjectStore({ s3: { endpoint: s3.endpoint, region, credentials, forcePathStyle: true } });
      await fetch(`${s3.endpoint}/lake`, { method: 'PUT' });
      base = 's3://lake/';
      on = world.engineWith({
        store,
        ...(httpfs && { httpfs }),
        s3: async () => ({ ...localS3, endpoint: s3.endpoint, urlStyle: 'path' }),
      });
      stop = s3.stop;
    } else {
      store = createObjectStore({});
      base = `${world.folder}/`;
      on = world.engineWith({});
    }
  });
  afterAll(() => stop());

  test('a job that goes on while a newer one has the same output leaves that alone', async () => {
    const output = { path: join(world.folder, 'shared/'), format: 'csv' } as const;
    const query = 'SELECT 0 * sum(hash(a.range + b.range) % 2) AS old FROM range(9000) a, range(9000) b';
    const older = await engine.submit(world.sql(query, { output }), newKey());
    await until(engine, older, ({ status }) => status === 'running');
    const newer = await engine.submit(world.sql('SELECT 7 AS new', { output }), newKey());
    expect(await ended(engine, newer)).toMatchObject({ status: 'done' });
    expect(await ended(engine, older)).toMatchObject({
      status: 'failed',
      message: expect.stringContaining(newer.id),
    });
    expect(readFileSync(join(output.path, 'part-0.csv'), 'utf8')).toBe('new\n7\n');
  });

  test('a done job leaves one file of a fixed name, and removes what was there before', async () => {
    await store.write(`${base}out/old.csv`, 'a\n1\n');
    await store.write(`${base}out/_SUCCESS`, '');
    await store.write(`${base}out/sub/kept.csv`, 'a\n1\n');
    expect(await run(sql('SELECT range AS n FROM range(1000);  -- all of them; really'), on)).toEqual({
      status: 'done',
    });
    expect(await names()).toEqual(['part-0.parquet', 'sub/kept.csv']);
    expect(await store.list(`${base}out/_SUCCESS`)).toHaveLength(1);
    expect(
      await measureOutput(store, { path: `${base}out/part-0.parquet`, format: 'parquet' }),
    ).toMatchObject({ rows: 1000, files: 1 });
  });

  test('a failed or killed job leaves what was there, and nothing of its own', async () => {
    const before = await store.list(`${base}out/`);
    // Fails after millions of rows were written: DuckDB completes even that file.
    const late =
      "SELECT range AS n, CASE WHEN range > 2900000 THEN ('x' || range)::INT END AS m, md5(range::VARCHAR) AS h FROM range(3000000)";
    const csv = { output: { path: `${base}out/`, format: 'csv' as const } };
    expect(await run(sql(late, csv), on)).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^Could not convert string 'x29/),
    });
    const ref = await on.submit(
      sql(late.replace('3000000', '300000000').replace('2900000', '290000000'), csv),
      newKey(),
    );
    await until(on, ref, ({ status }) => status === 'running');
    process.kill(pidOf(world.options.folder, ref.id), 'SIGKILL');
    expect((await ended(on, ref)).status).toBe('failed');
    expect(await store.list(`${base}out/`)).toEqual(before);
    expect(await store.list(`${base}out/.*`)).toEqual([]);
  });

  test('reads and writes Parquet, CSV and JSON, by folder and by glob, without hidden files', async () => {
    await store.write(`${base}in/dt=2001-01-01/a.csv`, 'day,note\n2001-01-01,"two\nlines"\n');
    await store.write(`${base}in/dt=2001-01-02/b.csv`, 'note,day,more\nx,2001-01-02,1\n');
    await store.write(`${base}in/dt=2001-01-02/_half.csv`, 'note,day\nx,2001-01-02\n');
    const rows = [];
    for (const format of ['csv', 'json', 'parquet'] as const) {
      const inputs = { days: { path: `${base}in/`, format: 'csv' as const } };
      const output = { path: `${base}copy-${format}/`, format };
      expect(await run(sql('FROM days', { inputs, output }), on)).toEqual({ status: 'done' });
      rows.push((await measureOutput(store, output)).rows);
      const again = {
        inputs: { days: { path: `${base}copy-${format}/part-?.*`, format } },
        output: { path: `${base}again/`, format: 'json' as const },
      };
      expect(
        await run(
          sql('SELECT count(DISTINCT day) AS n, count(more) AS more, max(note) AS note FROM days', again),
          on,
        ),
      ).toEqual({ status: 'done' });
      const [line] = Buffer.from(await store.read(`${base}again/part-0.json`))
        .toString()
        .split('\n');
      expect(JSON.parse(line ?? '')).toEqual({ n: 2, more: 1, note: 'x' });
    }
    expect(rows).toEqual([2, 2, 2]);
  });

  test('an input without files fails by name', async () => {
    const inputs = { flights: { path: `${base}nothing/`, format: 'parquet' as const } };
    expect(await run(sql('FROM flights', { inputs }), on)).toMatchObject({
      status: 'failed',
      message: `no file matches ${base}nothing/ (input flights)`,
    });
  });
});

test('nothing half-made stays in the folder of jobs', async () => {
  expect(readdirSync(world.options.folder).filter((name) => name.startsWith('.'))).toEqual([
    '.active',
    '.outputs',
  ]);
});
