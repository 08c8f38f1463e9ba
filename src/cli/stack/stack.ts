import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment } from './environment.ts';
import { createFamily, type Family } from './family.ts';
import { lastWords } from './readiness.ts';
import type { Watched } from './new-data.ts';
import { announce, claim } from './running.ts';
import { startServers, type Servers } from './servers.ts';
import { startWebhook } from './webhook.ts';
import { startWorker } from './worker.ts';

/** The programs that set-up found, as `.millrace/tools.json` has them. */
export interface StackTools {
  temporal: string | null;
  ministack: string | null;
}

export interface StackOptions {
  /** Of the stack alone: logs, and data if it persists. */
  folder: string;
  /** The clone, with bin/ and dist/ in it. */
  root: string;
  env: Readonly<Record<string, string | undefined>>;
  tools: StackTools;
  /** Keeps data and runs from one start to the next; otherwise all is in memory, which is faster. */
  persist: boolean;
  /** A worker with this configuration and task queue; none without. */
  worker?: {
    /** The file, or what makes it once the servers are up, and starts what it needs beside them. */
    configPath: string | ((beside: BesideStack) => Promise<string>);
    taskQueue: string;
  };
  /** Where new data starts runs: S3 tells a queue of it, which the worker takes from. */
  newData?: () => Promise<Watched[]>;
  /** Where to write what runs, for other commands to find it. */
  announceAs?: string;
  log: (text: string) => void;
  /** Called on the way down of a stack that was ready, when the worker has ended and the servers still run. */
  afterWorker?: (stackEnv: Record<string, string>) => Promise<void>;
  /** Removes what an earlier stack in this folder kept. */
  fresh?: boolean;
  /** Aborting it ends a start that is under way. */
  signal?: AbortSignal;
  /** Aborting it kills every process at once. */
  hurry?: AbortSignal;
}

/** What a program that is started beside the servers needs to know; it ends with the stack's family. */
export interface BesideStack {
  family: Family;
  folder: string;
  root: string;
  /** What a process of the stack gets. */
  env: NodeJS.ProcessEnv;
  stackEnv: Record<string, string>;
  signal: AbortSignal;
}

export interface Stack extends Servers {
  /** Of the processes that run now, by name. */
  pids(): Record<string, number>;
  /** Ends every process, the worker first. May be called again. */
  stop(): Promise<void>;
}

const WORKER_GRACE_MS = 20_000;
const GRACE_MS = 10_000;

/**
 * Starts Temporal (unless TEMPORAL_ADDRESS names one), S3 and SQS, our stand-ins for Redshift's Data API and AWS Data
 * Pipeline, a receiver for webhooks, and a worker, all on free ports of loopback. Resolves when all of them answer.
 * Throws with the name and the last words of the one that doesn't, and then leaves nothing behind.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder, log } = options;
  const release = claim(folder);
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  if (options.fresh === true) rmSync(join(folder, 'data'), { recursive: true, force: true });
  let isReady = false;
  const family = createFamily(folder, ({ name, logFile }, how) => {
    if (isReady && name !== 'worker')
      log(`${name} ended (${how}): stop the stack and start it again; ${lastWords(logFile)}`);
  });
  options.hurry?.addEventListener('abort', () => family.killAll());
  const webhook = await startWebhook(join(folder, 'webhook.log'), log);
  let retract = () => {};
  let stackEnv: Record<string, string> | undefined;

  async function end(): Promise<void> {
    retract();
    ending.abort();
    await family.stop('worker', WORKER_GRACE_MS);
    if (isReady && stackEnv !== undefined) {
      await options
        .afterWorker?.(stackEnv)
        .catch((error: unknown) => log(`on the way down: ${String(error)}`));
    }
    await family.stopAll(GRACE_MS);
    await webhook.stop();
    release();
  }

  try {
    const servers = await startServers({ ...options, family, webhook: webhook.url, signal });
    stackEnv = servers.env;
    if (options.worker !== undefined) {
      const { configPath: given, taskQueue } = options.worker;
      const env = childEnvironment(options.env, stackEnv);
      const beside = { family, folder, root: options.root, env, stackEnv, signal };
      const configPath = typeof given === 'string' ? given : await given(beside);
      await startWorker({ ...options, configPath, taskQueue, family, stackEnv, signal });
    }
    const { endpoints, namespace, env } = servers;
    if (options.announceAs !== undefined) {
      const { temporal: address, ui } = endpoints;
      retract = announce(options.announceAs, { address, namespace, ui, env, pid: process.pid });
    }
    isReady = true;
    let ended: Promise<void> | undefined;
    return {
      ...servers,
      pids: () => family.pids(),
      stop: () => (ended ??= end()),
    };
  } catch (error) {
    await end();
    throw error;
  }
}
