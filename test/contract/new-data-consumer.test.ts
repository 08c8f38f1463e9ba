import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { EtlError } from '../../src/domain/failure.ts';
import { EventRouter, type Delivery } from '../../src/triggers/event-router.ts';
import { Queue } from '../../src/triggers/queue.ts';
import { QueueConsumer, type ConsumerOptions } from '../../src/triggers/queue-consumer.ts';
import { localS3, startMinistack } from './ministack.ts';

const { region, ...credentials } = localS3;
let server: Awaited<ReturnType<typeof startMinistack>>;
let sqs: SQSClient;
let s3: S3Client;
let sns: SNSClient;

beforeAll(async () => {
  server = await startMinistack();
  const aws = { endpoint: server.endpoint, region, credentials };
  sqs = new SQSClient(aws);
  s3 = new S3Client({ ...aws, forcePathStyle: true });
  sns = new SNSClient(aws);
});
afterAll(async () => {
  for (const client of [sqs, s3, sns]) client.destroy();
  await server.stop();
});

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

let url: string;
let arn: string;
let dead: string;
let count = 0;
let delivered: Delivery[];
let said: string[];
let ending: AbortController;
let running: Promise<unknown>[];

beforeEach(async () => {
  count += 1;
  [delivered, said, running, ending] = [[], [], [], new AbortController()];
  const made = async (name: string, attributes: Record<string, string> = {}) => {
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: `${name}-${count}`, Attributes: attributes }),
    );
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    return { url: QueueUrl, arn: Attributes?.['QueueArn'] ?? '' };
  };
  const other = await made('dead');
  dead = other.url;
  const redrive = JSON.stringify({ deadLetterTargetArn: other.arn, maxReceiveCount: 2 });
  ({ url, arn } = await made('queue', { RedrivePolicy: redrive }));
});
afterEach(async () => {
  ending.abort();
  await Promise.all(running);
});

/** Starts a consumer that hands on to the test. */
function consume(more: Partial<ConsumerOptions> = {}): QueueConsumer {
  const consumer = new QueueConsumer({
    queue: new Queue(sqs, url),
    router: async () => router,
    send: async (delivery) => void delivered.push(delivery),
    say: (text) => said.push(text),
    visibilitySeconds: 1,
    ...more,
  });
  running.push(consumer.run(ending.signal));
  return consumer;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const givenUpAt = Date.now() + 40_000; Date.now() < givenUpAt;) {
    if (await holds()) return;
    await sleep(50);
  }
  throw new Error(
    `what the test waits for did not happen; ${delivered.length} delivered; ${said.join('\n')}`,
  );
}

const send = (body: unknown) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: url,
      MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );

/** S3's own form. */
const records = (...keys: string[]) => ({
  Records: keys.map((key) => ({
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    eventTime: '2001-01-06T01:02:03.000Z',
    s3: { bucket: { name: 'raw' }, object: { key, size: 7, sequencer: '0A' } },
  })),
});

const day = (nth: number) => `2001-01-${String(nth).padStart(2, '0')}`;

/** How many messages a queue has, seen or not. */
async function left(queue: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queue,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return Object.values(Attributes).reduce((sum, value) => sum + Number(value), 0);
}

const paths = () => delivered.flatMap(({ files }) => files.map(({ path }) => path)).sort();

describe('a consumer of notifications', () => {
  test('hears of what is put into S3, under the key that it has', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'raw' }));
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: 'raw',
        NotificationConfiguration: {
          QueueConfigurations: [{ QueueArn: arn, Events: ['s3:ObjectCreated:*'] }],
        },
      }),
    );
    const Key = `flights/dt=${day(5)}/a b+ü.csv`;
    const consumer = consume();
    await s3.send(new PutObjectCommand({ Bucket: 'raw', Key, Body: Buffer.from('seven b') }));
    await until(() => delivered.length === 1);
    expect(delivered[0]).toMatchObject({
      workflowId: `flights/${day(5)}/new-data`,
      pipeline: 'flights',
      interval: day(5),
      files: [
        {
          path: `s3://raw/${Key}`,
          bytes: 7,
          sequencer: expect.any(String),
          at: expect.stringMatching(/^\d{4}-/),
        },
      ],
    });
    await until(() => consumer.counts.accepted === 1);
  });

  test('reads S3 in an envelope of SNS, and EventBridge', async () => {
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'raw' }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arn }));
    await fetch(server.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/sns/aws4_request`,
      },
      body: new URLSearchParams({
        Action: 'Publish',
        Version: '2010-03-31',
        TopicArn: TopicArn ?? '',
        Message: JSON.stringify(records(`flights/dt%3D${day(5)}/from+sns`)),
      }),
    });
    await send({
      source: 'aws.s3',
      'detail-type': 'Object Created',
      time: '2001-01-06T01:02:03Z',
      detail: {
        bucket: { name: 'raw' },
        object: { key: `flights/dt=${day(6)}/a+b`, size: 1, 'version-id': 'v1', sequencer: '0B' },
      },
    });
    consume();
    await until(() => delivered.length === 2);
    expect(paths()).toEqual([`s3://raw/flights/dt=${day(5)}/from sns`, `s3://raw/flights/dt=${day(6)}/a+b`]);
    const bridged = delivered.find(({ interval }) => interval === day(6));
    expect(bridged?.files).toEqual([
      {
        path: `s3://raw/flights/dt=${day(6)}/a+b`,
        version: 'v1',
        sequencer: '0B',
        bytes: 1,
        at: '2001-01-06T01:02:03Z',
      },
    ]);
    await until(async () => (await left(url)) === 0);
  });

  test('sends one signal for each workflow and batch', async () => {
    for (let nth = 0; nth < 60; nth += 1) await send(records(`flights/dt=${day(5 + (nth % 2))}/f${nth}`));
    let isHeld = true;
    const consumer = consume({
      send: async (delivery) => {
        delivered.push(delivery);
        while (isHeld) await sleep(20);
      },
    });
    // The first batch waits; all that comes meanwhile is the second.
    await until(() => consumer.counts.received === 60);
    isHeld = false;
    await until(() => consumer.counts.accepted === 60);
    expect(delivered.length).toBeLessThanOrEqual(4);
    expect(new Set(paths()).size).toBe(60);
  });

  test('leaves to the dead-letter queue what it can do nothing with, and goes on', async () => {
    await send({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'raw' });
    await send('not JSON {');
    await send(records('flights/dt=%E0%A4%A/x'));
    await send({ Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: {} }] });
    await send({ Records: [{ eventSource: 'aws:dynamodb' }] });
    await send({ ...records(), Records: [{ eventSource: 'aws:s3', eventName: 'ObjectRemoved:Delete' }] });
    await send({ hello: 'world' });
    await send(records('orders/x'));
    await send(records(`flights/dt=2001-02-30/x`));
    await send(records(`flights/dt=${day(5)}/good`, 'orders/beside'));
    await send(records(`flights/dt=${day(5)}/_SUCCESS`));
    const consumer = consume();
    await until(async () => (await left(dead)) === 10);
    expect(await left(url)).toBe(0);
    expect(consumer.counts).toMatchObject({ received: 21, accepted: 1 });
    expect(consumer.counts).toMatchObject({ test: 2, malformed: 6, foreign: 6, unmatched: 6 });
    expect(new Set(paths())).toEqual(new Set([`s3://raw/flights/dt=${day(5)}/good`]));
    expect(said.join('\n')).toMatch(/is a test of S3’s, and is left to the queue/);
  });

  test('keeps messages to itself while Temporal is away, and deletes them only when it has them', async () => {
    for (let nth = 0; nth < 12; nth += 1) await send(records(`flights/dt=${day(5)}/f${nth}`));
    let isAway = true;
    const sendWhenBack = async (delivery: Delivery) => {
      if (isAway) throw new EtlError('Unavailable', 'Temporal is away');
      delivered.push(delivery);
    };
    const consumer = consume({ send: sendWhenBack, visibilitySeconds: 5 });
    const other = consume({ send: sendWhenBack, visibilitySeconds: 5 });
    await until(() => consumer.counts.received + other.counts.received === 12);
    // Longer than a message stays hidden by itself.
    await sleep(7_000);
    expect(consumer.counts.received + other.counts.received).toBe(12);
    expect([await left(url), await left(dead)]).toEqual([12, 0]);
    isAway = false;
    await until(() => consumer.counts.accepted + other.counts.accepted === 12);
    expect(paths()).toHaveLength(12);
    expect(await left(url)).toBe(0);
    expect(said.filter((text) => text.includes('Temporal is away; keeps'))).not.toEqual([]);
  });

  test('receives no more than it can hold', async () => {
    for (let nth = 0; nth < 60; nth += 1) await send(records(`flights/dt=${day(5)}/f${nth}`));
    let isHeld = true;
    const consumer = consume({
      mostHeld: 20,
      send: async (delivery) => {
        while (isHeld) await sleep(20);
        delivered.push(delivery);
      },
    });
    await until(() => consumer.counts.received >= 20);
    await sleep(500);
    // Requests that were under way bring a few more.
    expect(consumer.counts.received).toBeLessThan(60);
    isHeld = false;
    await until(() => consumer.counts.accepted === 60);
  });

  test('gives back what it holds when it is stopped', async () => {
    await send(records(`flights/dt=${day(5)}/a`));
    const consumer = consume({
      visibilitySeconds: 600,
      send: async () => {
        throw new EtlError('Unavailable', 'Temporal is away');
      },
    });
    await until(() => consumer.counts.received === 1);
    ending.abort();
    await Promise.all(running);
    ending = new AbortController();
    consume({ visibilitySeconds: 600 });
    await until(() => delivered.length === 1);
  });

  test('leaves what Temporal refuses, and several share a queue', async () => {
    for (let nth = 1; nth <= 30; nth += 1) await send(records(`flights/dt=${day(nth)}/a`));
    const sendUnlessBad = async (delivery: Delivery) => {
      if (delivery.interval === day(13)) throw new EtlError('Rejected', 'no');
      delivered.push(delivery);
    };
    const consumers = [1, 2, 3].map(() => consume({ send: sendUnlessBad }));
    await until(async () => (await left(dead)) === 1);
    expect(new Set(paths()).size).toBe(29);
    expect(consumers.reduce((sum, { counts }) => sum + counts.accepted, 0)).toBe(29);
  });
});
