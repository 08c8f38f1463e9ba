import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { EventRouter, type Delivery } from '../../src/triggers/event-router.ts';
import { Queue } from '../../src/triggers/queue.ts';
import { QueueConsumer, type ConsumerOptions } from '../../src/triggers/queue-consumer.ts';
import { localS3, startMinistack } from './ministack.ts';

const router = new EventRouter([
  {
    name: 'flights',
    covers: 'day',
    timezone: 'UTC',
    events: [
      {
        bucket: 'raw',
        prefix: 'flights/',
        path: 'flights/dt={date}/',
        settleMs: 0,
        lateSettleMs: 0,
        late: 'report',
        lateWindowMs: 0,
      },
    ],
  },
]);

/** S3's own form. */
export const records = (...keys: string[]) => ({
  Records: keys.map((key) => ({
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    eventTime: '2001-01-06T01:02:03.000Z',
    s3: { bucket: { name: 'raw' }, object: { key, size: 7, sequencer: '0A' } },
  })),
});

export const day = (nth: number) => `2001-01-${String(nth).padStart(2, '0')}`;

/** A queue of its own for each test, with another one behind it, and the consumers that read it. */
export class QueueWorld {
  endpoint = '';
  s3!: S3Client;
  sns!: SNSClient;
  url = '';
  arn = '';
  /** Where goes what was received twice and not deleted. */
  dead = '';
  delivered: Delivery[] = [];
  said: string[] = [];
  #sqs!: SQSClient;
  #stop = async () => {};
  #count = 0;
  #ending = new AbortController();
  #running: Promise<unknown>[] = [];

  async start(): Promise<void> {
    const server = await startMinistack();
    const { region, ...credentials } = localS3;
    const aws = { endpoint: server.endpoint, region, credentials };
    this.endpoint = server.endpoint;
    this.#sqs = new SQSClient(aws);
    this.s3 = new S3Client({ ...aws, forcePathStyle: true });
    this.sns = new SNSClient(aws);
    this.#stop = () => server.stop();
  }

  async stop(): Promise<void> {
    for (const client of [this.#sqs, this.s3, this.sns]) client?.destroy();
    await this.#stop();
  }

  async renew(): Promise<void> {
    this.#count += 1;
    [this.delivered, this.said] = [[], []];
    const dead = await this.#made('dead');
    this.dead = dead.url;
    const redrive = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
    ({ url: this.url, arn: this.arn } = await this.#made('queue', { RedrivePolicy: redrive }));
  }

  async #made(name: string, attributes: Record<string, string> = {}) {
    const { QueueUrl = '' } = await this.#sqs.send(
      new CreateQueueCommand({ QueueName: `${name}-${this.#count}`, Attributes: attributes }),
    );
    const { Attributes } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    return { url: QueueUrl, arn: Attributes?.['QueueArn'] ?? '' };
  }

  /** Starts a consumer that hands on to the test. */
  consume(more: Partial<ConsumerOptions> = {}): QueueConsumer {
    const consumer = new QueueConsumer({
      queue: new Queue(this.#sqs, this.url),
      router: async () => router,
      send: async (delivery) => void this.delivered.push(delivery),
      say: (text) => this.said.push(text),
      visibilitySeconds: 1,
      ...more,
    });
    this.#running.push(consumer.run(this.#ending.signal));
    return consumer;
  }

  async stopConsumers(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#running);
    [this.#running, this.#ending] = [[], new AbortController()];
  }

  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const givenUpAt = Date.now() + 40_000; Date.now() < givenUpAt;) {
      if (await holds()) return;
      await sleep(50);
    }
    const came = `${this.delivered.length} delivered; ${this.said.join('\n')}`;
    throw new Error(`what the test waits for did not happen; ${came}`);
  }

  async send(body: unknown): Promise<void> {
    const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody }));
  }

  /** How many messages a queue has, seen or not. */
  async left(queue: string): Promise<number> {
    const { Attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: queue,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Object.values(Attributes).reduce((sum, value) => sum + Number(value), 0);
  }

  paths(): string[] {
    return this.delivered.flatMap(({ files }) => files.map(({ path }) => path)).sort();
  }
}

/** A world for the tests of a file. */
export function withQueue(): QueueWorld {
  const world = new QueueWorld();
  beforeAll(() => world.start());
  beforeEach(() => world.renew());
  afterEach(() => world.stopConsumers());
  afterAll(() => world.stop());
  return world;
}
