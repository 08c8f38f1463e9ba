import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';

import { assertNever } from '../../domain/failure.ts';
import type { WorkStatus } from '../../domain/state.ts';
import { readCancel, readClaim, readResult, readState } from './job-folder.ts';
import type { FinalState, JobFolder, JobResult } from './job-folder.ts';
import { isAlive } from '../process.ts';

/** Where a job stands, as its files and its process tell. */
export type Look =
  | { is: 'missing' }
  /** No process has it: it waits, or whoever submitted it died before starting it. */
  | { is: 'queued' }
  | { is: 'running' }
  /** The process has said how it ended; the output isn't in place yet. */
  | { is: 'finished'; result: JobResult }
  /** The process is gone without a word. */
  | { is: 'gone' }
  | { is: 'cancelled' }
  | { is: 'ended'; state: FinalState };

export function look(job: JobFolder): Look {
  // A ref that somebody typed must not lead out of the engine's folder.
  if (basename(job.key) !== job.key || job.key.startsWith('.')) return { is: 'missing' };
  const state = readState(job);
  if (state !== undefined) return { is: 'ended', state };
  // The claim before the result, for the process writes the result before it lets go of its claim.
  const owner = readClaim(job);
  const result = readResult(job);
  if (result !== undefined) return { is: 'finished', result };
  if (owner === undefined) {
    if (!existsSync(job.path)) return { is: 'missing' };
    return readCancel(job) === undefined ? { is: 'queued' } : { is: 'cancelled' };
  }
  if (isAlive(owner)) return { is: 'running' };
  // Dead by now, but perhaps after its last word, or after it had given way to other jobs.
  if (readResult(job) !== undefined || readClaim(job)?.pid !== owner.pid) return look(job);
  return readCancel(job) === undefined ? { is: 'gone' } : { is: 'cancelled' };
}

export function statusOf(seen: Exclude<Look, { is: 'missing' }>): WorkStatus {
  switch (seen.is) {
    case 'queued':
    case 'running':
    case 'cancelled':
      return seen.is;
    case 'finished':
      return 'running';
    case 'gone':
      return 'failed';
    case 'ended':
      return seen.state.status;
    default:
      return assertNever(seen);
  }
}

/** Part of the log, from a byte offset; a negative one counts from the end. */
export function readLog(job: JobFolder, from: number, maxBytes: number): Buffer {
  if (!existsSync(job.log)) return Buffer.alloc(0);
  const file = openSync(job.log, 'r');
  try {
    const start = from < 0 ? Math.max(fstatSync(file).size + from, 0) : from;
    const buffer = Buffer.alloc(maxBytes);
    return buffer.subarray(0, readSync(file, buffer, 0, maxBytes, start));
  } finally {
    closeSync(file);
  }
}

/** The whole lines of the log from a byte offset on; at the end of the job the last one may lack its break. */
export function readLines(job: JobFolder, from: number, maxBytes: number): { lines: string[]; next: number } {
  const seen = look(job).is;
  if (seen === 'missing') return { lines: [], next: from };
  const isOpen = ['queued', 'running'].includes(seen);
  const bytes = readLog(job, from, maxBytes);
  const whole = bytes.lastIndexOf('\n') + 1;
  const end = isOpen || (bytes.length === maxBytes && whole > 0) ? whole : bytes.length;
  const text = bytes.toString('utf8', 0, end);
  return { lines: text === '' ? [] : text.replace(/\n$/, '').split('\n'), next: from + end };
}
