import { readdirSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { EtlError, FAILURE } from '../../domain/failure.ts';
import { parseJobKey } from '../../domain/key.ts';
import type { JobEngine, KeyedJob, ObjectStore, WorkRef, WorkState } from '../../ports.ts';
import { checkKey, checkSpec } from './check-spec.ts';
import { createCrew } from './crew.ts';
import { jobFolder, makeJobFolder, makeRoot, outputsFolder, readClaim, writeCancel } from './job-folder.ts';
import { checkBuilt } from './launch.ts';
import { look, readLines, readLog, statusOf } from './look.ts';
import { stopProcess } from '../process.ts';
import type { S3Access } from './settings.ts';
import { createWatchers } from './watch.ts';

const DAY_MS = 24 * 3600_000;
const KEY_MEMORY_MS = 7 * DAY_MS;
const TAIL_BYTES = 4_096;
const PAGE_BYTES = 256 * 1024;

export interface DuckdbOptions {
  /** As in the configuration; named in errors. */
  name: string;
  /** Absolute; on a disk of this machine, and of no other container. Jobs live in `<folder>/<key>/`. */
  folder: string;
  /** What DuckDB may use per job, such as `2GB`. */
  memory: string;
  /** Per job. */
  threads: number;
  /** How many jobs may run at once, over all workers that share the folder; more are queued. */
  maxJobs: number;
  /** What one job may spill to disk, such as `20GB`; 90 % of what is free if missing. */
  maxTempSize?: string;
  /** The file of the extension httpfs; without it DuckDB downloads the extension when a job first needs S3. */
  httpfs?: string;
  /** What jobs reach S3 with; a function is asked when a job starts. */
  s3?: S3Access | (() => Promise<S3Access | undefined>);
  /** The store that the outputs are put in place with. */
  store: ObjectStore;
}

/**
 * The embedded engine: each job is a process of its own, which outlives the worker that started it.
 *
 * A job is all that its folder says, so any engine over the same folder can find it, wait for it, or cancel it.
 *
 * @see https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
 */
export function createDuckdbEngine(options: DuckdbOptions): JobEngine & { close(): Promise<void> } {
  const { name, folder: root, memory, threads, maxJobs, maxTempSize, httpfs, s3, store } = options;
  checkBuilt();
  makeRoot(root);
  forgetOldJobs(root);

  const crew = createCrew({
    root,
    store,
    settings: { memory, threads, maxJobs, maxTempSize, httpfs, extensions: join(root, '.extensions') },
    s3: typeof s3 === 'function' ? s3 : async () => s3,
    onEnd: (key) => watchers.wake(key),
  });
  const watchers = createWatchers({
    root,
    isOurs: (key) => crew.children.has(key),
    onGone: (key) => {
      watchers.wake(key);
      void crew.pump();
    },
  });

  const refOf = (key: string): WorkRef => ({ id: key, key, log: jobFolder(root, key).log });

  const jobsHere = () =>
    readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => jobFolder(root, entry.name));

  for (const job of jobsHere()) if (look(job).is === 'queued') crew.enqueue(job.key);
  void crew.pump();

  async function stateOf(key: string): Promise<WorkState | EtlError | undefined> {
    const job = jobFolder(root, key);
    const seen = look(job);
    if (seen.is === 'missing') return undefined;
    if (seen.is === 'running') watchers.attend(key);
    if (seen.is === 'queued') crew.enqueue(key);
    try {
      const final = await crew.bringToEnd(job);
      if (final?.status === 'failed') {
        return { ...final, logTail: readLog(job, -TAIL_BYTES, TAIL_BYTES).toString() };
      }
      if (final !== undefined) return final;
    } catch (error) {
      if (!(error instanceof EtlError)) throw error;
      if (!FAILURE[error.type].retryable) return error;
      return { status: 'running', progress: `done; its output isn't in place yet: ${error.message}` };
    }
    const progress = crew.obstacles.get(key);
    return {
      status: seen.is === 'queued' ? 'queued' : 'running',
      ...(progress !== undefined && { progress }),
    };
  }

  const engine = {
    keyMemoryMs: KEY_MEMORY_MS,
    lookAfterMs: 1_000,

    kinds: ['sql'],
    ensureCluster: async () => ({ id: 'none', ready: true, started: false }),

    async submit(spec, key) {
      checkKey(key);
      const found = !makeJobFolder(root, jobFolder(root, key), checkSpec(spec));
      if (look(jobFolder(root, key)).is === 'queued') crew.enqueue(key);
      await crew.pump();
      return { ...refOf(key), found };
    },

    async find(key) {
      const seen = look(jobFolder(root, key));
      if (seen.is === 'missing') return undefined;
      if (seen.is === 'queued') crew.enqueue(key);
      await crew.pump();
      return refOf(key);
    },

    async poll(refs) {
      const states = new Map<string, WorkState | EtlError>();
      // Looking is synchronous; somebody who polls in a loop must not keep the event loop from its other work.
      await setImmediate();
      for (const { id } of refs) {
        const state = await stateOf(id);
        if (state !== undefined) states.set(id, state);
      }
      void crew.pump();
      return states;
    },

    async cancel({ id }) {
      const job = jobFolder(root, id);
      const seen = look(job);
      if (seen.is === 'missing' || seen.is === 'ended') return;
      // The mark first: a process that claims the job from now on sees it, and one that did before is seen here.
      writeCancel(job);
      const owner = readClaim(job);
      if (owner !== undefined && !(await stopProcess(owner))) {
        throw new EtlError('Unavailable', `engine ${name}: process ${owner.pid} of job ${id} does not end`);
      }
      const child = crew.children.get(id);
      if (child?.kill('SIGKILL') === true) await once(child, 'exit');
      await crew.bringToEnd(job);
      watchers.wake(id);
      void crew.pump();
    },

    watch: ({ id }, wake) => watchers.watch(id, wake),

    async logs({ id }, from = '0') {
      const { lines, next } = readLines(jobFolder(root, id), Number(from), PAGE_BYTES);
      return { lines, next: String(next) };
    },

    async *listKeyed(since) {
      const jobs = jobsHere()
        .filter(({ key }) => parseJobKey(key) !== undefined)
        .map((job) => ({ job, startedAt: new Date(statSync(join(job.path, 'spec.json')).mtimeMs) }))
        .filter(({ startedAt }) => startedAt >= since)
        .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
      for (const { job, startedAt } of jobs) {
        const seen = look(job);
        if (seen.is === 'missing') continue;
        yield { key: job.key, ref: refOf(job.key), status: statusOf(seen), startedAt } satisfies KeyedJob;
      }
    },

    async close() {
      crew.close();
      const jobs = jobsHere().filter((job) => look(job).is !== 'ended');
      // All marks before the first process ends, whose place a queued job would take.
      for (const job of jobs) writeCancel(job);
      await Promise.all(jobs.map(({ key }) => engine.cancel(refOf(key))));
      // Also those that had yet to take their job, which another engine may have ended meanwhile.
      for (const child of crew.children.values()) {
        child.ref();
        await once(child, 'exit');
      }
    },
  } satisfies JobEngine;
  return engine;
}

function forgetOldJobs(root: string): void {
  for (const name of readdirSync(outputsFolder(root))) {
    const path = join(outputsFolder(root), name);
    const { mtimeMs = Date.now() } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (Date.now() - mtimeMs > KEY_MEMORY_MS) rmSync(path, { force: true });
  }
  for (const name of readdirSync(root)) {
    const isHalfMade = name.startsWith('.new-');
    const mark = statSync(join(root, name, isHalfMade ? '' : 'state.json'), { throwIfNoEntry: false });
    const ageMs = Date.now() - (mark?.mtimeMs ?? Infinity);
    if (ageMs > (isHalfMade ? DAY_MS : KEY_MEMORY_MS))
      rmSync(join(root, name), { recursive: true, force: true });
  }
}
