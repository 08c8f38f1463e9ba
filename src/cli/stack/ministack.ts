import { join } from 'node:path';
import type { Family } from './family.ts';
import { LOOPBACK } from './port.ts';
import { answers, notStarted, untilReady } from './readiness.ts';

/** The buckets that are there from the start: where data lands, and where jobs write. */
const BUCKETS = ['raw', 'lake'];

export interface MinistackOptions {
  family: Family;
  executable: string;
  env: NodeJS.ProcessEnv;
  port: number;
  /** Where objects and queues are kept; in memory without. */
  dataFolder: string | undefined;
  signal: AbortSignal;
}

/** ministack, a stand-in for S3 and SQS in one process: https://pypi.org/project/ministack/ */
export async function startMinistack(options: MinistackOptions): Promise<void> {
  const { family, executable, port, dataFolder, signal } = options;
  const env = {
    ...options.env,
    BIND_HOST: LOOPBACK,
    GATEWAY_PORT: String(port),
    MINISTACK_HOST: LOOPBACK,
    LOG_LEVEL: 'WARNING',
    ...(dataFolder !== undefined && {
      PERSIST_STATE: '1',
      S3_PERSIST: '1',
      STATE_DIR: join(dataFolder, 'ministack'),
      S3_DATA_DIR: join(dataFolder, 's3'),
    }),
  };
  const server = await family.start({ name: 'ministack', command: executable, args: [], env });
  const url = `http://${LOOPBACK}:${port}`;
  await untilReady(server, signal, () => answers(`${url}/_ministack/health`));
  for (const bucket of BUCKETS) {
    const { ok, status } = await fetch(`${url}/${bucket}`, { method: 'PUT', signal });
    if (!ok)
      throw notStarted(`ministack answered ${status} when asked for the bucket ${bucket}`, server.logFile);
  }
}
