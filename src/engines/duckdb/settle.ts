import { rmSync } from 'node:fs';

import { EtlError } from '../../domain/failure.ts';
import { folderOf } from '../../domain/file-path.ts';
import type { ObjectStore } from '../../ports.ts';
import {
  newestFor,
  outputPaths,
  readClaim,
  readSpec,
  readState,
  unclaim,
  writeState,
  type FinalState,
  type JobFolder,
  type JobResult,
} from './job-folder.ts';
import { isAlive } from '../process.ts';

/*
 * What remains to be done when a job's process has ended. Any engine over the folder may do it, also twice or two at
 * once: only then does the job count as ended.
 */

/**
 * Gives the output its name and removes what earlier runs left beside it, so that the folder holds these rows alone.
 * The process itself writes under a hidden name, because DuckDB completes even the file of a query that fails.
 */
export async function settle(job: JobFolder, result: JobResult, store: ObjectStore): Promise<FinalState> {
  const { rows: _, ...state } = result;
  if (state.status === 'failed') return conclude(job, state, store);
  try {
    await publish(job, store);
  } catch (error) {
    if (!(error instanceof EtlError) || error.type !== 'Rejected') throw error;
    return conclude(job, { status: 'failed', message: `the query is done, but ${error.message}` }, store);
  }
  return conclude(job, state, store);
}

async function publish(job: JobFolder, store: ObjectStore): Promise<void> {
  const spec = readSpec(job);
  if (spec === undefined) return;
  const newest = newestFor(job, spec);
  if (newest !== job.key)
    throw new EtlError('Rejected', `the newer job ${newest} writes to ${spec.output.path}`);
  const { hidden, visible } = outputPaths(job, spec);
  // Gone from its hidden name means that it was moved before.
  await store.move(hidden, visible);
  const files = (await store.list(spec.output.path)).map((file) => file.path);
  if (!files.includes(visible)) throw new EtlError('Rejected', `somebody removed its output ${visible}`);
  for (const path of files) {
    if (path !== visible && folderOf(path) === spec.output.path) await store.delete(path);
  }
}

/** Writes the last word on a job, unless it was written before, and clears up. */
export async function conclude(job: JobFolder, state: FinalState, store: ObjectStore): Promise<FinalState> {
  const final = writeState(job, state) ? state : (readState(job) ?? state);
  const owner = readClaim(job);
  if (owner !== undefined && !isAlive(owner)) unclaim(job);
  if (final.status !== 'done') await discard(job, store);
  return final;
}

async function discard(job: JobFolder, store: ObjectStore): Promise<void> {
  rmSync(job.temp, { recursive: true, force: true });
  const spec = readSpec(job);
  if (spec === undefined) return;
  try {
    await store.delete(outputPaths(job, spec).hidden);
  } catch {
    // Hidden, so that nobody reads it, and not worth failing for: the store may just be away.
  }
}
