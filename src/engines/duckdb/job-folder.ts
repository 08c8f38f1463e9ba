import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { folderOf } from '../../domain/file-path.ts';
import { shortHash } from '../../domain/key.ts';
import type { SqlSpec } from '../../ports.ts';
import type { ProcessIdentity } from '../process.ts';

/*
 * All that is known of a job is on disk, in files that appear whole or not at all:
 *
 *   <key>/spec.json     what to do; the folder appears with it
 *   .active/<key>       the process that has the job; only one can make this file
 *   .outputs/<hash>     the key of the newest job that writes to an output
 *   <key>/started.json  that process was admitted under the limit of jobs at once
 *   <key>/result.json   how the process says it ended
 *   <key>/state.json    the last word, once the output is in place (or the process is gone, or it was cancelled)
 *   <key>/cancel.json   somebody wants it to stop
 *   <key>/log.txt       for people
 */

/** How the job's process says that it ended. */
export interface JobResult {
  status: 'done' | 'failed';
  message?: string;
  rows?: number;
}

/** How the job ended, for good. */
export interface FinalState {
  status: 'done' | 'failed' | 'cancelled';
  message?: string;
}

export interface JobFolder {
  readonly key: string;
  readonly path: string;
  readonly log: string;
  readonly socket: string;
  readonly temp: string;
}

const ACTIVE = '.active';
const OUTPUTS = '.outputs';

export const jobFolder = (root: string, key: string): JobFolder => {
  const path = join(root, key);
  return { key, path, log: join(path, 'log.txt'), socket: join(path, 'socket'), temp: join(path, 'tmp') };
};

const activePath = ({ path, key }: JobFolder): string => join(dirname(path), ACTIVE, key);

export const activeFolder = (root: string): string => join(root, ACTIVE);
export const outputsFolder = (root: string): string => join(root, OUTPUTS);

const newestPath = (root: string, { output }: SqlSpec): string =>
  join(root, OUTPUTS, shortHash(output.path, 40));

/** Makes what jobs share, where it is not there. */
export function makeRoot(root: string): void {
  for (const folder of [activeFolder(root), outputsFolder(root)]) mkdirSync(folder, { recursive: true });
}

/** Makes the folder with its spec in one step; false if it was there. */
export function makeJobFolder(root: string, job: JobFolder, spec: SqlSpec): boolean {
  const fresh = join(root, `.new-${randomUUID()}`);
  mkdirSync(fresh);
  writeFileSync(join(fresh, 'spec.json'), JSON.stringify(spec, null, 2), { flush: true });
  try {
    renameSync(fresh, job.path);
    const newest = newestPath(root, spec);
    writeFileSync(`${newest}.${job.key}`, job.key);
    renameSync(`${newest}.${job.key}`, newest);
    return true;
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Makes a file, whole and on disk, that must not exist yet; false if it does. */
function writeOnce(job: JobFolder, path: string, content: unknown): boolean {
  const whole = join(job.path, `.${randomUUID()}`);
  writeFileSync(whole, JSON.stringify(content), { flush: true });
  try {
    linkSync(whole, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(whole);
  }
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export const readSpec = ({ path }: JobFolder) => readJson<SqlSpec>(join(path, 'spec.json'));
export const readResult = ({ path }: JobFolder) => readJson<JobResult>(join(path, 'result.json'));
export const readState = ({ path }: JobFolder) => readJson<FinalState>(join(path, 'state.json'));
export const readStarted = ({ path }: JobFolder) => readJson<{ at: string }>(join(path, 'started.json'));
export const readCancel = ({ path }: JobFolder) => readJson<object>(join(path, 'cancel.json'));
export const readClaim = (job: JobFolder) => readJson<ProcessIdentity>(activePath(job));

export const writeStarted = (job: JobFolder) =>
  writeOnce(job, join(job.path, 'started.json'), { at: new Date().toISOString() });
export const writeResult = (job: JobFolder, result: JobResult) =>
  writeOnce(job, join(job.path, 'result.json'), result);
export const writeState = (job: JobFolder, state: FinalState) =>
  writeOnce(job, join(job.path, 'state.json'), state);
export const writeCancel = (job: JobFolder) =>
  writeOnce(job, join(job.path, 'cancel.json'), { at: new Date().toISOString() });
/** Takes the job for a process; false if another one has it. */
export const writeClaim = (job: JobFolder, self: ProcessIdentity) => writeOnce(job, activePath(job), self);
export const unclaim = (job: JobFolder) => rmSync(activePath(job), { force: true });

/** The newest job that was submitted for the same output, as a rerun is while the job of a terminated run goes on. */
export function newestFor({ path, key }: JobFolder, spec: SqlSpec): string {
  try {
    return readFileSync(newestPath(dirname(path), spec), 'utf8');
  } catch {
    return key;
  }
}

/** Where the job writes and where its output appears: one file of a fixed name, so that a later run replaces it. */
export function outputPaths({ key }: JobFolder, { output }: SqlSpec): { hidden: string; visible: string } {
  const folder = folderOf(output.path);
  const name = `part-0.${output.format}`;
  return { hidden: `${folder}.${name}.${key}.tmp`, visible: folder + name };
}
