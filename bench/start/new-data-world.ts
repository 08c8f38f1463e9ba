import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Client } from '@temporalio/client';
import type { Definition } from '../../src/domain/definition.ts';
import type { EventSource } from '../../src/domain/event-source.ts';
import { startMinistack } from '../../src/cli/stack/ministack.ts';
import { watchBuckets } from '../../src/cli/stack/new-data.ts';
import { freePorts, LOOPBACK } from '../../src/cli/stack/port.ts';
import { environment, foundTools } from '../../src/config.ts';
import { EventRouter, routesOf } from '../../src/triggers/event-router.ts';
import { newDataSignals } from '../../src/triggers/new-data-signal.ts';
import { Queue } from '../../src/triggers/queue.ts';
import { QueueConsumer } from '../../src/triggers/queue-consumer.ts';
import { noopEngine } from '../core/noop-engine.ts';
import { ourWorker, sqlPipeline } from '../core/run.ts';
import type { Bench } from '../harness/bench.ts';
import { withTemporal } from '../harness/temporal.ts';

export interface NewDataWorld {
  client: Client;
  s3: S3Client;
  sqs: SQSClient;
  queueUrl: string;
  consumer: QueueConsumer;
}

const FIRST_DAY_MS = Date.parse('2001-01-01');
export const dayOf = (nth: number): string =>
  new Date(FIRST_DAY_MS + nth * 86_400_000).toISOString().slice(0, 10);

/** A local S3 whose notifications start runs of a pipeline without steps; `onRun` hears of each run's first activity. */
export async function withNewData<T>(
  bench: Bench,
  source: Partial<EventSource>,
  onRun: (workflowId: string) => void,
  use: (world: NewDataWorld) => Promise<T>,
): Promise<T> {
  const executable = foundTools().ministack;
  if (executable === null) throw new Error('there is no ministack; run `npm run setup`');
  const [port = 0] = await freePorts(1);
  const signal = new AbortController().signal;
  const { family, folder } = bench;
  await startMinistack({ family, executable, env: { ...environment }, port, dataFolder: undefined, signal });
  const endpoint = `http://${LOOPBACK}:${port}`;
  const queueUrl = await watchBuckets(endpoint, [{ bucket: 'raw', prefix: 'in/' }]);
  const definition: Definition = {
    ...sqlPipeline(0, folder),
    events: [
      {
        bucket: 'raw',
        prefix: 'in/',
        path: 'in/{date}/',
        settleMs: 0,
        lateSettleMs: 0,
        late: 'report',
        lateWindowMs: 3_600_000,
        ...source,
      },
    ],
  };
  const workers = async (client: Client) => {
    const worker = ourWorker(client, noopEngine, definition, folder, async () => ({
      rows: 1,
      files: 1,
      bytes: 1,
    }));
    const activities = worker.activities as {
      openRun: (request: { workflowId: string }) => Promise<unknown>;
    };
    const openRun = (request: { workflowId: string }) => {
      onRun(request.workflowId);
      return activities.openRun(request);
    };
    return [{ ...worker, activities: { ...activities, openRun } }];
  };
  return withTemporal(bench, workers, async (client) => {
    const aws = {
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    };
    const s3 = new S3Client({ ...aws, forcePathStyle: true });
    const sqs = new SQSClient(aws);
    const router = new EventRouter(routesOf([definition]));
    const consumer = new QueueConsumer({
      queue: new Queue(sqs, queueUrl),
      router: async () => router,
      send: newDataSignals(client, 'millrace'),
      say: bench.say,
    });
    const ending = new AbortController();
    const running = consumer.run(ending.signal);
    try {
      return await use({ client, s3, sqs, queueUrl, consumer });
    } finally {
      ending.abort();
      await running;
      s3.destroy();
      sqs.destroy();
    }
  });
}

export async function until(holds: () => boolean | Promise<boolean>, limitMs: number): Promise<void> {
  for (const givenUpAt = Date.now() + limitMs; Date.now() < givenUpAt;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('what the benchmark waits for did not happen');
}
