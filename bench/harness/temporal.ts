import { Client } from '@temporalio/client';
import {
  NativeConnection,
  Worker,
  type WorkerInterceptors,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { LOOPBACK, freePorts } from '../../src/cli/stack/port.ts';
import { startTemporal } from '../../src/cli/stack/temporal.ts';
import { environment, foundTools } from '../../src/config.ts';
import type { Bench } from './bench.ts';

export interface BenchWorker {
  taskQueue: string;
  workflowBundle: WorkflowBundleOption;
  activities: object;
  interceptors?: WorkerInterceptors;
}

/** Gives `use` a Temporal server in memory with these workers on it, all with the same settings. */
export async function withTemporal<T>(
  { family, folder }: Bench,
  workers: (client: Client) => Promise<BenchWorker[]>,
  use: (client: Client, address: string) => Promise<T>,
): Promise<T> {
  const executable = foundTools().temporal;
  if (executable === null) throw new Error('there is no Temporal server; run `npm run setup`');
  const [port = 0, uiPort = 0] = await freePorts(2);
  await startTemporal({
    family,
    executable,
    env: { ...environment, HOME: folder },
    port,
    uiPort,
    dataFolder: undefined,
    signal: new AbortController().signal,
  });
  const address = `${LOOPBACK}:${port}`;
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection });
  const running: { worker: Worker; ended: Promise<void> }[] = [];
  try {
    for (const options of await workers(client)) {
      const worker = await Worker.create({ connection, ...options, ...LIKE_OURS });
      running.push({ worker, ended: worker.run() });
    }
    return await use(client, address);
  } finally {
    for (const { worker } of running) worker.shutdown();
    await Promise.all(running.map(({ ended }) => ended));
    await connection.close();
  }
}

/** The settings of `millrace worker` with the default configuration. */
const LIKE_OURS = {
  maxConcurrentActivityTaskExecutions: 2_000,
  maxHeartbeatThrottleInterval: '240s',
  maxCachedWorkflows: 500,
  shutdownForceTime: '15s',
} satisfies Partial<WorkerOptions>;
