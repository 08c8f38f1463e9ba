import { SQSClient } from '@aws-sdk/client-sqs';
import type { Client } from '@temporalio/client';
import { awsRequests } from './aws-requests.ts';
import type { Configuration, Environment } from './config.ts';
import { resolveReference } from './spec/load-config.ts';
import { PipelineFolder } from './spec/pipeline-folder.ts';
import { freshRouter, routesOf } from './triggers/event-router.ts';
import { newDataSignals } from './triggers/new-data-signal.ts';
import { Queue } from './triggers/queue.ts';
import { QueueConsumer } from './triggers/queue-consumer.ts';
import { REQUEST_TIMEOUT_MS } from './state.ts';

/** How old the pipeline files may be by which notifications are sorted. */
const ROUTES_MAX_AGE_MS = 5_000;

export interface NamedConsumer {
  name: string;
  queue: Queue;
  consumer: QueueConsumer;
}

/** Which queues to take from: those of the configuration, or the one that a local stack has, or hasn't. */
function queuesOf(config: Configuration, env: Environment, by: 'worker' | 'listen') {
  const local = env['MILLRACE_QUEUE'];
  if (local === '') return [];
  if (local !== undefined) return [{ name: 'local', url: local, region: undefined }];
  const own = Object.entries(config.queues);
  // `millrace listen` takes from all of them: somebody asked for it.
  return own
    .filter(([, { consumer }]) => by === 'listen' || consumer === 'worker')
    .map(([name, { url, region }]) => ({
      name,
      url: resolveReference(url, env, `the queue ${name}`),
      region: region === undefined ? undefined : resolveReference(region, env, `the queue ${name}`),
    }));
}

/** What takes notifications of new data from the queues of the configuration. */
export function createConsumers(
  config: Configuration,
  env: Environment,
  client: Client,
  by: 'worker' | 'listen',
  say: (text: string) => void,
): NamedConsumer[] {
  const folder = new PipelineFolder(config.pipelines, config.folder);
  const router = freshRouter(async () => routesOf(await folder.loadValid()), ROUTES_MAX_AGE_MS);
  const send = newDataSignals(client, config.taskQueue);
  return queuesOf(config, env, by).map(({ name, url, region }) => {
    const sqs = new SQSClient({
      ...awsRequests(REQUEST_TIMEOUT_MS),
      ...(region !== undefined && { region }),
    });
    const queue = new Queue(sqs, url);
    const consumer = new QueueConsumer({ queue, router, send, say: (text) => say(`queue ${name}: ${text}`) });
    return { name, queue, consumer };
  });
}
