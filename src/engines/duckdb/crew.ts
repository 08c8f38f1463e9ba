import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { EtlError, FAILURE } from '../../domain/failure.ts';
import type { ObjectStore } from '../../ports.ts';
import { activeKeys } from './admission.ts';
import { jobFolder, readClaim, readSpec, type FinalState, type JobFolder } from './job-folder.ts';
import { launch, listInputs } from './launch.ts';
import { look } from './look.ts';
import { conclude, settle } from './settle.ts';
import type { JobSettings, S3Access } from './settings.ts';

export interface CrewOptions {
  root: string;
  store: ObjectStore;
  settings: Omit<JobSettings, 's3' | 'files'>;
  s3: (() => Promise<S3Access | undefined>) | undefined;
  /** Called when a process of ours ended, or a job ended without one. */
  onEnd: (key: string) => void;
}

const GONE = 'its process is gone: it was killed, or the machine restarted';

/** Starts the processes of queued jobs, as many at once as may be, and brings ended ones to their end. */
export function createCrew({ root, store, settings, s3, onEnd }: CrewOptions) {
  /** In the order of their submission. */
  const waiting = new Set<string>();
  const children = new Map<string, ChildProcess>();
  /** Why a job could not be started yet. */
  const obstacles = new Map<string, string>();
  const settling = new Map<string, Promise<FinalState>>();
  let turn: Promise<void> = Promise.resolve();
  let isClosed = false;

  async function startQueued(): Promise<void> {
    for (const key of [...waiting]) {
      if (isClosed || new Set([...activeKeys(root), ...children.keys()]).size >= settings.maxJobs) return;
      const job = jobFolder(root, key);
      if (look(job).is !== 'queued') waiting.delete(key);
      else if (!children.has(key)) await start(job);
    }
  }

  const blame = ({ message }: Error) => waiting.forEach((key) => obstacles.set(key, message));

  async function start(job: JobFolder): Promise<void> {
    const { key } = job;
    try {
      const spec = readSpec(job);
      if (spec === undefined) throw new EtlError('Rejected', `${job.path} has no spec.json`);
      const files = await listInputs(store, spec);
      const access = await s3?.();
      if (isClosed || look(job).is !== 'queued') return;
      const child = launch(job, spec, { ...settings, s3: access, files });
      children.set(key, child);
      child.once('exit', () => void tell(job, child));
      // No process came to be, so no exit will be told of; the job stays queued.
      child.once('error', (error) => {
        children.delete(key);
        obstacles.set(key, `cannot start a process: ${error.message}`);
      });
      obstacles.delete(key);
    } catch (error) {
      const { message } = error as Error;
      const passes = error instanceof EtlError && FAILURE[error.type].retryable;
      if (passes) {
        obstacles.set(key, message);
        return;
      }
      await conclude(job, { status: 'failed', message }, store);
      onEnd(key);
    }
  }

  async function tell(job: JobFolder, child: ChildProcess): Promise<void> {
    children.delete(job.key);
    try {
      const failed = child.exitCode !== 0 && look(job).is === 'queued';
      await (failed
        ? conclude(job, { status: 'failed', message: lastWords(child) }, store)
        : bringToEnd(job, child));
    } catch (error) {
      // The next poll tries again.
      obstacles.set(job.key, (error as Error).message);
    }
    onEnd(job.key);
    await crew.pump();
  }

  /** The last word on a job whose process has ended; undefined if it goes on, or has yet to start. */
  async function bringToEnd(job: JobFolder, child = children.get(job.key)): Promise<FinalState | undefined> {
    const seen = look(job);
    switch (seen.is) {
      case 'ended':
        return seen.state;
      case 'cancelled':
        return conclude(job, { status: 'cancelled' }, store);
      case 'gone': {
        const isOurs = child !== undefined && child.pid === readClaim(job)?.pid;
        // The news of our own child's end, with its signal, may still be on its way.
        if (isOurs && children.has(job.key)) await once(child, 'exit');
        return conclude(job, { status: 'failed', message: isOurs ? lastWords(child) : GONE }, store);
      }
      case 'finished': {
        const running = settling.get(job.key) ?? settle(job, seen.result, store);
        settling.set(job.key, running);
        try {
          return await running;
        } finally {
          settling.delete(job.key);
        }
      }
      default:
        return undefined;
    }
  }

  const crew = {
    children,
    obstacles,
    bringToEnd,
    enqueue: (key: string) => void waiting.add(key),
    /** Starts what may start; one turn at a time, so that no job is started twice here. */
    pump: (): Promise<void> => (turn = turn.then(startQueued).catch(blame)),
    close: () => {
      isClosed = true;
    },
  };
  return crew;
}

const lastWords = ({ signalCode, exitCode }: ChildProcess): string =>
  signalCode === null
    ? `its process ended with exit code ${exitCode} in mid-work; its log may tell why`
    : `killed by signal ${signalCode}${signalCode === 'SIGKILL' ? ' (by somebody, or because memory ran out)' : ''}`;
