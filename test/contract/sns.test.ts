import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { createTopic } from '../../src/notifiers/sns.ts';
import { localS3, startMinistack } from './ministack.ts';

const { region, ...credentials } = localS3;
let server: Awaited<ReturnType<typeof startMinistack>>;
let sns: SNSClient;

beforeAll(async () => {
  server = await startMinistack();
  sns = new SNSClient({ endpoint: server.endpoint, region, credentials });
});
afterAll(async () => {
  sns.destroy();
  await server.stop();
});

/** Speaks SQS's JSON protocol, so that a queue can be looked at without one more client. */
async function sqs<T>(action: string, body: object): Promise<T> {
  const response = await fetch(server.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/sqs/aws4_request`,
    },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}

interface Received {
  Message: string;
  Subject: string;
  MessageId: string;
  MessageAttributes: Record<string, { Type: string; Value: string }>;
}

/** A topic, and what a queue that subscribes to it gets. */
async function topic(name: string, attributes: Record<string, string> = {}) {
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: name, Attributes: attributes }));
  const { QueueUrl } = await sqs<{ QueueUrl: string }>('CreateQueue', {
    QueueName: name,
    Attributes: attributes,
  });
  const { Attributes } = await sqs<{ Attributes: { QueueArn: string } }>('GetQueueAttributes', {
    QueueUrl,
    AttributeNames: ['QueueArn'],
  });
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: Attributes.QueueArn }));
  const receive = async (): Promise<Received[]> => {
    const { Messages = [] } = await sqs<{ Messages?: { Body: string }[] }>('ReceiveMessage', {
      QueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
    });
    return Messages.map(({ Body }) => JSON.parse(Body) as Received);
  };
  return { arn: TopicArn, receive };
}

const to = (arn: string) =>
  createTopic({
    arn: async () => arn,
    config: { endpoint: server.endpoint, credentials, maxAttempts: 1 },
  });

const context = {
  run: 'flights-daily/2001-01-05',
  runId: 'r1',
  step: 'alert',
  failure: { step: 'a', type: 'JobFailed' },
  log: null,
};

test('a topic hands on the text, a subject, and what it is about', async () => {
  const { arn, receive } = await topic('oncall');
  const answer = await to(arn).notify({ id: 'k-1', text: 'mean delay 16.1 min\nén', context });
  expect(answer).toEqual({ messageId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  const [received] = await receive();
  expect(received).toMatchObject({
    Message: 'mean delay 16.1 min\nén',
    Subject: 'flights-daily/2001-01-05: alert',
    MessageAttributes: {
      id: { Type: 'String', Value: 'k-1' },
      run: { Value: 'flights-daily/2001-01-05' },
      failure: { Value: '{"step":"a","type":"JobFailed"}' },
    },
  });
  expect(Object.keys(received?.MessageAttributes ?? {})).not.toContain('log');
});

test('a subject becomes the one line of ASCII that SNS takes', async () => {
  const { arn, receive } = await topic('subjects');
  await to(arn).notify({ id: 'k', text: 'x', subject: ` two\nlines, délai ${'y'.repeat(200)}`, context });
  const [received] = await receive();
  expect(received?.Subject).toBe(`two lines, d?lai ${'y'.repeat(83)}`);
});

test('a FIFO topic drops what is sent twice', async () => {
  const { arn, receive } = await topic('orders.fifo', { FifoTopic: 'true', FifoQueue: 'true' });
  await to(arn).notify({ id: 'k-1', text: 'one', context });
  await to(arn).notify({ id: 'k-1', text: 'one', context });
  await to(arn).notify({ id: 'k-2', text: 'two', context });
  const received = [...(await receive()), ...(await receive())];
  expect(received.map(({ Message }) => Message)).toEqual(['one', 'two']);
});

test('what is no topic is refused', async () => {
  await expect(to('oncall').notify({ id: 'k', text: 'x', context })).rejects.toMatchObject({
    type: 'Rejected',
    message: expect.stringContaining('oncall is no topic'),
  });
  const missing = `arn:aws:sns:${region}:000000000000:nobody`;
  await expect(to(missing).notify({ id: 'k', text: 'x', context })).rejects.toMatchObject({
    type: 'Rejected',
    message: expect.stringContaining('cannot publish to the topic nobody'),
  });
});

test('an SNS that is away may come back', async () => {
  const away = createTopic({
    arn: async () => `arn:aws:sns:${region}:000000000000:oncall`,
    config: { endpoint: 'http://127.0.0.1:1', credentials, maxAttempts: 1 },
  });
  await expect(away.notify({ id: 'k', text: 'x', context })).rejects.toMatchObject({ type: 'Unavailable' });
});
