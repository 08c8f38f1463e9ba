import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Watchers } from '../../activities/watcher.ts';
import { jobKey } from '../../src/domain/key.ts';
import { createDuckdbEngine } from '../../src/engines/duckdb/engine.ts';
import { jobFolder, makeJobFolder, makeRoot, readResult } from '../../src/engines/duckdb/job-folder.ts';
import type { JobSettings } from '../../src/engines/duckdb/settings.ts';
import type { SqlSpec } from '../../src/ports.ts';
import { measureOutput } from '../../src/storage/measure.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { inTurns, type Part } from '../harness/bench.ts';
import { compared } from '../harness/figure.ts';
import { measureNode, type ProcessCost } from '../harness/process.ts';
import type { Alone } from './duckdb-alone.ts';
import { ROUTES, flights } from './flights.ts';

const PART = 'duckdb';
/** The engine's defaults. */
const LIMITS = { memory: '2GB', threads: 2, maxJobs: 2 };
const JOB = new URL('../../src/engines/duckdb/job.js', import.meta.url);
const ALONE = new URL('duckdb-alone.js', import.meta.url);

/** What a job on the engine `duckdb` costs beside DuckDB alone, over three million rows. */
export const duckdb: Part = async ({ folder, quick, say }) => {
  const store = createObjectStore({});
  const root = join(folder, 'jobs');
  makeRoot(root);
  const engine = createDuckdbEngine({ name: 'etl', folder: join(folder, 'engine'), ...LIMITS, store });
  const watcher = new Watchers(15_000).of(engine);
  const log = openSync(join(folder, 'jobs.log'), 'a');
  let count = 0;
  const nextKey = () => jobKey('0'.repeat(32), 'routes', (count += 1));
  const output = (name: string) => ({ path: join(folder, 'out', name, '/'), format: 'parquet' as const });
  const specFor = (name: string): SqlSpec => ({
    kind: 'sql',
    inputs: { flights: flights() },
    query: ROUTES,
    output: output(name),
  });

  /** The job's process, started as the engine starts it. */
  async function asJob(): Promise<ProcessCost> {
    const job = jobFolder(root, nextKey());
    const spec = specFor('job');
    makeJobFolder(root, job, spec);
    mkdirSync(spec.output.path, { recursive: true });
    const settings: JobSettings = {
      ...LIMITS,
      maxTempSize: undefined,
      httpfs: undefined,
      extensions: join(root, '.extensions'),
      s3: undefined,
      files: { flights: [flights().path] },
    };
    const cost = await measureNode(JOB, { cwd: job.path, input: JSON.stringify(settings), log });
    const result = readResult(job);
    if (result?.status !== 'done') throw new Error(`the job ended badly: ${result?.message ?? 'no result'}`);
    sameRows('the job', result.rows ?? 0);
    rmSync(spec.output.path, { recursive: true });
    return cost;
  }

  async function alone(): Promise<ProcessCost> {
    const { memory, threads } = LIMITS;
    const { path } = output('alone');
    mkdirSync(path, { recursive: true });
    const asked: Alone = {
      input: flights().path,
      query: ROUTES,
      output: join(path, 'part-0.parquet'),
      memory,
      threads,
    };
    const cost = await measureNode(ALONE, { cwd: folder, input: JSON.stringify(asked), log });
    await check(path);
    return cost;
  }

  /** From the submission to the news of its end, with the output in place. */
  async function throughEngine(): Promise<ProcessCost> {
    const startedAt = performance.now();
    const ref = await engine.submit(specFor('engine'), nextKey());
    const state = await watcher.ended(ref, new Promise<never>(() => {}), () => {});
    const ms = performance.now() - startedAt;
    if (state.status !== 'done') throw new Error(`the job ended badly: ${state.message ?? state.status}`);
    await check(output('engine').path);
    return { ms, peakMB: Number.NaN };
  }

  async function check(path: string): Promise<void> {
    sameRows(path, (await measureOutput(store, { path, format: 'parquet' })).rows);
    rmSync(path, { recursive: true });
  }

  /** All did the same work, or the comparison says nothing. */
  let known: number | undefined;
  function sameRows(whose: string, rows: number): void {
    known ??= rows;
    if (rows !== known) throw new Error(`${whose} has ${rows} rows, and another one had ${known}`);
  }

  say('duckdb: three million rows, as a job and by DuckDB alone …');
  try {
    const { job, baseline, whole } = await inTurns(quick ? 3 : 15, {
      job: asJob,
      baseline: alone,
      whole: throughEngine,
    });
    const what = 'DuckDB alone';
    const ms = (costs: ProcessCost[]) => costs.map((cost) => cost.ms);
    const peaks = (costs: ProcessCost[]) => costs.map(({ peakMB }) => peakMB);
    const alonesTime = { what, samples: ms(baseline) };
    return [
      compared(
        { part: PART, what: 'time of the job’s process', unit: 'ms', atMost: 1.3 },
        ms(job),
        alonesTime,
      ),
      compared(
        { part: PART, what: 'peak memory of the job’s process', unit: 'MB', atMost: 1.3 },
        peaks(job),
        {
          what,
          samples: peaks(baseline),
        },
      ),
      compared(
        { part: PART, what: 'time from submit to output in place', unit: 'ms' },
        ms(whole),
        alonesTime,
      ),
    ];
  } finally {
    closeSync(log);
    await engine.close();
  }
};
