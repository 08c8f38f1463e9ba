import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { Child } from './child.ts';
import type { Family } from './family.ts';
import { lastWords, untilReady } from './readiness.ts';

const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 10_000;

export interface WorkerOptions {
  family: Family;
  /** bin/millrace.js */
  launcher: string;
  configPath: string;
  env: NodeJS.ProcessEnv;
  say: (text: string) => void;
  /** Aborted when the stack ends: a worker that ends after that is not started again. */
  signal: AbortSignal;
}

/** Keeps one worker running: another follows when it dies, after a pause that doubles while they die young. */
export async function startWorker(options: WorkerOptions): Promise<Child> {
  const { family, launcher, configPath, env } = options;
  const args = [launcher, 'worker', '--config', configPath];
  const start = () => family.start({ name: 'worker', command: process.execPath, args, env });
  const first = await start();
  void keep(first, start, options);
  return first;
}

async function keep(first: Child, start: () => Promise<Child>, { say, signal }: WorkerOptions): Promise<void> {
  let worker = first;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    const startedAt = Date.now();
    const how = await worker.exited;
    if (signal.aborted) return;
    if (Date.now() - startedAt > LAST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
    say(`the worker ended (${how}) and is started again. ${lastWords(worker.logFile)}`);
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
    pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
    if (signal.aborted) return;
    worker = await start();
  }
}
