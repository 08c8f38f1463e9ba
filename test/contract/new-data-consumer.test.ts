import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { localS3 } from './ministack.ts';
import { day, records, withQueue } from './queue-world.ts';

const world = withQueue();

describe('a consumer of notifications', () => {
  test('hears of what is put into S3, under the key that it has', async () => {
    await world.s3.send(new CreateBucketCommand({ Bucket: 'raw' }));
    await world.s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: 'raw',
        NotificationConfiguration: {
          QueueConfigurations: [{ QueueArn: world.arn, Events: ['s3:ObjectCreated:*'] }],
        },
      }),
    );
    const Key = `flights/dt=${day(5)}/a b+ü.csv`;
    const consumer = world.consume();
    await world.s3.send(new PutObjectCommand({ Bucket: 'raw', Key, Body: Buffer.from('seven b') }));
    await world.until(() => world.delivered.length === 1);
    expect(world.delivered[0]).toMatchObject({
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
    await world.until(() => consumer.counts.accepted === 1);
  });

  test('reads S3 in an envelope of SNS, and EventBridge', async () => {
    const { TopicArn } = await world.sns.send(new CreateTopicCommand({ Name: 'raw' }));
    await world.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: world.arn }));
    await fetch(world.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${localS3.region}/sns/aws4_request`,
      },
      body: new URLSearchParams({
        Action: 'Publish',
        Version: '2010-03-31',
        TopicArn: TopicArn ?? '',
        Message: JSON.stringify(records(`flights/dt%3D${day(5)}/from+sns`)),
      }),
    });
    await world.send({
      source: 'aws.s3',
      'detail-type': 'Object Created',
      time: '2001-01-06T01:02:03Z',
      detail: {
        bucket: { name: 'raw' },
        object: { key: `flights/dt=${day(6)}/a+b`, size: 1, 'version-id': 'v1', sequencer: '0B' },
      },
    });
    world.consume();
    await world.until(() => world.delivered.length === 2);
    expect(world.paths()).toEqual([
      `s3://raw/flights/dt=${day(5)}/from sns`,
      `s3://raw/flights/dt=${day(6)}/a+b`,
    ]);
    const bridged = world.delivered.find(({ interval }) => interval === day(6));
    expect(bridged?.files).toEqual([
      {
        path: `s3://raw/flights/dt=${day(6)}/a+b`,
        version: 'v1',
        sequencer: '0B',
        bytes: 1,
        at: '2001-01-06T01:02:03Z',
      },
    ]);
    await world.until(async () => (await world.left(world.url)) === 0);
  });

  test('sends one signal for each workflow and batch', async () => {
    for (let nth = 0; nth < 60; nth += 1)
      await world.send(records(`flights/dt=${day(5 + (nth % 2))}/f${nth}`));
    let isHeld = true;
    const consumer = world.consume({
      send: async (delivery) => {
        world.delivered.push(delivery);
        while (isHeld) await sleep(20);
      },
    });
    // The first batch waits; all that comes meanwhile is the second.
    await world.until(() => consumer.counts.received === 60);
    isHeld = false;
    await world.until(() => consumer.counts.accepted === 60);
    expect(world.delivered.length).toBeLessThanOrEqual(4);
    expect(new Set(world.paths()).size).toBe(60);
  });

  test('leaves to the dead-letter queue what it can do nothing with, and goes on', async () => {
    await world.send({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'raw' });
    await world.send('not JSON {');
    await world.send(records('flights/dt=%E0%A4%A/x'));
    await world.send({ Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: {} }] });
    await world.send({ Records: [{ eventSource: 'aws:dynamodb' }] });
    await world.send({
      ...records(),
      Records: [{ eventSource: 'aws:s3', eventName: 'ObjectRemoved:Delete' }],
    });
    await world.send({ hello: 'world' });
    await world.send(records('orders/x'));
    await world.send(records(`flights/dt=2001-02-30/x`));
    await world.send(records(`flights/dt=${day(5)}/good`, 'orders/beside'));
    await world.send(records(`flights/dt=${day(5)}/_SUCCESS`));
    const consumer = world.consume();
    await world.until(async () => (await world.left(world.dead)) === 10);
    expect(await world.left(world.url)).toBe(0);
    expect(consumer.counts).toMatchObject({ received: 21, accepted: 1 });
    expect(consumer.counts).toMatchObject({ test: 2, malformed: 6, foreign: 6, unmatched: 6 });
    expect(new Set(world.paths())).toEqual(new Set([`s3://raw/flights/dt=${day(5)}/good`]));
    expect(world.said.join('\n')).toMatch(/is a test of S3’s, and is left to the queue/);
  });
});
