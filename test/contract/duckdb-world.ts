import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { createDuckdbEngine, type DuckdbOptions } from '../../src/engines/duckdb/engine.ts';
import type { SqlSpec, WorkRef } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import type { EngineWorld, Submitters } from './engine.ts';

const SUBMITTER = fileURLToPath(new URL('./duckdb-submitter.mjs', import.meta.url));

export type DuckdbWorld = EngineWorld & {
  folder: string;
  options: DuckdbOptions;
  /** Over the same folder, with other options. */
  engineWith(options: Partial<DuckdbOptions>): ReturnType<typeof createDuckdbEngine>;
  sql(query: string, more?: Partial<SqlSpec>): SqlSpec;
};

/** An engine in a folder of its own, on local files. */
export async function makeDuckdbWorld(): Promise<DuckdbWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-duckdb-'));
  const plain = { name: 'etl', folder: join(folder, 'jobs'), memory: '512MB', threads: 1, maxJobs: 4 };
  const options = { ...plain, store: createObjectStore({}) };
  const engines: ReturnType<typeof createDuckdbEngine>[] = [];
  const engineWith = (more: Partial<DuckdbOptions>) => {
    const made = createDuckdbEngine({ ...options, ...more });
    engines.push(made);
    return made;
  };
  const engine = engineWith({});
  let outputs = 0;
  const sql = (query: string, more: Partial<SqlSpec> = {}): SqlSpec => {
    outputs += 1;
    const output = { path: join(folder, `out-${outputs}/`), format: 'parquet' } as const;
    return { kind: 'sql', inputs: {}, query, output, ...more };
  };
  return {
    folder,
    options,
    engine,
    engineWith,
    sql,
    another: () => engineWith({}),
    quick: () => sql('SELECT 1 AS one'),
    slow: () =>
      sql('SELECT count(*) AS n FROM range(1000000000) a, range(1000000000) b WHERE a.range < b.range'),
    refused: sql('SELECT 1 AS one', { output: { path: 's3://lake/../other/', format: 'parquet' } }),
    failing: {
      spec: sql('SELECT delayy FROM (SELECT 1 AS delay)'),
      message: /column "delayy"|"delayy" not found/,
    },
    submitters: (spec, key, count) => startSubmitters(JSON.stringify({ options: plain, spec, key }), count),
    begun: async ({ log }) =>
      (existsSync(log ?? '') ? readFileSync(log ?? '', 'utf8') : '').match(/ process \d+, /g)?.length ?? 0,
    kill: async ({ id }) => void process.kill(pidOf(plain.folder, id), 'SIGKILL'),
    async close() {
      for (const one of engines) await one.close();
      // A submitter that was killed leaves a process that may have yet to find that its job was cancelled.
      await rm(folder, { recursive: true, maxRetries: 10 });
    },
  };
}

export const pidOf = (jobs: string, key: string): number =>
  JSON.parse(readFileSync(join(jobs, '.active', key), 'utf8')).pid;

async function startSubmitters(request: string, count: number): Promise<Submitters> {
  if (!existsSync(SUBMITTER)) throw new Error(`${SUBMITTER} is missing; run npm run build`);
  const workers = Array.from({ length: count }, () => {
    const child = spawn(process.execPath, [SUBMITTER, request], { stdio: ['pipe', 'pipe', 'inherit'] });
    return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
  });
  for (const { lines } of workers) await lines.next();
  for (const { child } of workers) child.stdin.write('go\n');
  const answers: (WorkRef & { found: boolean })[] = [];
  for (const { lines } of workers) answers.push(JSON.parse((await lines.next()).value));
  const [{ found: _, ...ref } = { found: false, id: '', key: '' }] = answers;
  return {
    ref,
    found: answers.map(({ found }) => found),
    kill: async () => {
      for (const { child } of workers) if (child.kill('SIGKILL')) await once(child, 'exit');
    },
  };
}
