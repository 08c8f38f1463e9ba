import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { temporalTarget } from '../../temporal.ts';
import type { Child } from './child.ts';
import { childEnvironment } from './environment.ts';
import type { Family } from './family.ts';
import { lastWords, untilReady } from './readiness.ts';

const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 10_000;

export interface WorkerOptions {
  family: Family;
  root: string;
  configPath: string;
  taskQueue: string;
  env: Readonly<Record<string, string | undefined>>;
  stackEnv: Record<string, string>;
  log: (text: string) => void;
  /** Aborted when the stack ends: a worker that ends after that is not started again. */
  signal: AbortSignal;
}

/** Starts a worker and waits until it polls; then keeps it running: when it dies another follows. */
export async function startWorker(options: WorkerOptions): Promise<void> {
  const { family, root, configPath, taskQueue, signal } = options;
  const env = childEnvironment(options.env, options.stackEnv);
  const args = [join(root, 'bin', 'millrace.js'), 'worker', '--config', configPath];
  const start = () => family.start({ name: 'worker', command: process.execPath, args, env });
  const worker = await start();

  const target = temporalTarget({}, env, () => undefined);
  // It is asked again anyway; a retry of its own that comes after the end would find the connection closed, and throw.
  const connection = Connection.lazy({ ...target.options, interceptors: [] });
  try {
    await untilReady(worker, signal, async () => {
      const { pollers } = await connection.withDeadline(Date.now() + 2_000, () =>
        connection.workflowService.describeTaskQueue({
          namespace: target.namespace,
          taskQueue: { name: taskQueue },
          taskQueueType: WORKFLOW_TASKS,
        }),
      );
      // The SDK's identity is `pid@host`. Pollers of workers that are gone stay listed for a while.
      return pollers?.some(({ identity }) => identity?.startsWith(`${worker.pid}@`)) ?? false;
    });
  } finally {
    await connection.close();
  }
  void keep(worker, start, options);
}

/** `TASK_QUEUE_TYPE_WORKFLOW` of Temporal's API. */
const WORKFLOW_TASKS = 1;

/** The pause between two doubles while they die young. */
async function keep(
  first: Child,
  start: () => Promise<Child>,
  { log, signal }: WorkerOptions,
): Promise<void> {
  let worker = first;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    const startedAt = Date.now();
    const how = await worker.exited;
    if (signal.aborted) return;
    if (Date.now() - startedAt > LAST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
    log(`the worker ended (${how}) and is started again; ${lastWords(worker.logFile)}`);
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
    pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
    if (signal.aborted) return;
    worker = await start();
  }
}
