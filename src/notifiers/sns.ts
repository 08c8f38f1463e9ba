import {
  PublishCommand,
  SNSClient,
  type MessageAttributeValue,
  type SNSClientConfig,
} from '@aws-sdk/client-sns';
import { fromAwsError } from '../aws-error.ts';
import { EtlError } from '../domain/failure.ts';
import type { Notifier } from '../ports.ts';

const ARN = /^arn:[\w-]+:sns:([\w-]+):\d*:([\w-]+(?:\.fifo)?)$/;
const LONGEST_SUBJECT = 100;

/**
 * Publishes messages to an SNS topic: the text as it is, what it is about as message attributes, and the message's ID as
 * the attribute `id`, by which a receiver can drop a repeated one. A FIFO topic drops it by itself.
 *
 * @param arn called for each message, so that an environment variable is read late
 * @param config for the client; the region is the ARN's unless given
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export function createTopic({
  arn,
  config,
}: {
  arn: () => Promise<string>;
  config: SNSClientConfig;
}): Notifier {
  const clients = new Map<string, SNSClient>();
  const clientIn = (region: string): SNSClient => {
    let client = clients.get(region);
    if (!client) clients.set(region, (client = new SNSClient({ region, ...config })));
    return client;
  };
  return {
    async notify({ id, text, subject, context }) {
      const topic = await arn();
      const [, region = '', name = ''] = ARN.exec(topic) ?? [];
      if (name === '')
        throw new EtlError(
          'Rejected',
          `${topic} is no topic; write its ARN, like arn:aws:sns:us-east-1:123456789012:oncall`,
        );
      const fifo = name.endsWith('.fifo') && {
        MessageDeduplicationId: id,
        MessageGroupId: textOf(context['run'] ?? id),
      };
      try {
        const { MessageId = '' } = await clientIn(region).send(
          new PublishCommand({
            TopicArn: topic,
            Message: text,
            Subject: subjectOf(subject ?? `${textOf(context['run'])}: ${textOf(context['step'])}`),
            MessageAttributes: attributes({ id, ...context }),
            ...fifo,
          }),
        );
        return { messageId: MessageId };
      } catch (error) {
        throw fromAwsError(error, `publish to the topic ${name}`);
      }
    },
  };
}

/** SNS takes a line of at most 100 ASCII characters. */
const subjectOf = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim()
    .slice(0, LONGEST_SUBJECT);

/** SNS takes no empty ones; what is no text, as a failure, goes as JSON. */
function attributes(context: Record<string, unknown>): Record<string, MessageAttributeValue> {
  const filled = Object.entries(context).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  return Object.fromEntries(
    filled.map(([name, value]) => [name, { DataType: 'String', StringValue: textOf(value) }]),
  );
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
