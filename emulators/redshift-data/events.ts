import { randomUUID } from 'node:crypto';
import {
  EventBridgeClient,
  type EventBridgeClientConfig,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Statement } from './statement.ts';

const ACCOUNT = '000000000000';
const DAY_SECONDS = 86_400;

/** Tells those who asked EventBridge for it how statements ended that were sent with `WithEvent`. */
export interface Events {
  send(statement: Statement): void;
  close(): void;
}

/**
 * The local EventBridge of the environment; where only S3 has an address, that server is taken to speak EventBridge as well.
 * Without any address nothing is sent, and never to AWS.
 */
export const eventBridgeOf = (env: NodeJS.ProcessEnv): EventBridgeClientConfig | undefined => {
  const endpoint =
    env['AWS_ENDPOINT_URL_EVENTBRIDGE'] ?? env['AWS_ENDPOINT_URL'] ?? env['AWS_ENDPOINT_URL_S3'];
  return endpoint === undefined ? undefined : { endpoint };
};

/** https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-monitoring-events.html */
const eventOf = (statement: Statement, region: string): string => {
  const { id, name, cluster, workgroup, status, queryId, parts, createdAtMs } = statement;
  const resource = cluster
    ? `arn:aws:redshift:${region}:${ACCOUNT}:cluster:${cluster}`
    : `arn:aws:redshift-serverless:${region}:${ACCOUNT}:workgroup/${workgroup ?? ''}`;
  return JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'Redshift Data Statement Status Change',
    source: 'aws.redshift-data',
    account: ACCOUNT,
    time: new Date(statement.updatedAtMs).toISOString().replace(/\.\d+/, ''),
    region,
    resources: [resource],
    detail: {
      principal: `arn:aws:iam::${ACCOUNT}:user/local`,
      ...(name !== undefined && { statementName: name }),
      statementId: id,
      redshiftQueryId: queryId ?? parts[0]?.queryId ?? -1,
      state: status,
      rows: parts.at(-1)?.rows ?? -1,
      expireAt: Math.floor(createdAtMs / 1000) + DAY_SECONDS,
    },
  });
};

/**
 * Nobody but AWS may put events whose source begins with `aws.`, to a local EventBridge neither. So the rules of the default bus
 * are read and tested there, and the event goes to the queues that are their targets.
 */
class Delivery {
  readonly #bridge: EventBridgeClient;
  readonly #sqs: SQSClient;
  readonly #region: string;

  constructor(config: EventBridgeClientConfig, region: string) {
    this.#region = region;
    this.#bridge = new EventBridgeClient({ region, ...config });
    this.#sqs = new SQSClient({ region, ...(config as object) });
  }

  async deliver(statement: Statement): Promise<void> {
    const event = eventOf(statement, this.#region);
    const { Rules = [] } = await this.#bridge.send(new ListRulesCommand({}));
    for (const { Name, EventPattern, State } of Rules) {
      if (EventPattern === undefined || State === 'DISABLED') continue;
      const test = new TestEventPatternCommand({ Event: event, EventPattern });
      if (!(await this.#bridge.send(test)).Result) continue;
      const { Targets = [] } = await this.#bridge.send(new ListTargetsByRuleCommand({ Rule: Name }));
      for (const { Arn = '' } of Targets) await this.#send(Arn, event);
    }
  }

  close(): void {
    this.#bridge.destroy();
    this.#sqs.destroy();
  }

  async #send(arn: string, event: string): Promise<void> {
    if (!arn.startsWith('arn:aws:sqs:'))
      throw new Error(`only queues get events of this stand-in, and not ${arn}`);
    const { QueueUrl } = await this.#sqs.send(new GetQueueUrlCommand({ QueueName: arn.split(':').at(-1)! }));
    await this.#sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: event }));
  }
}

export const createEvents = (
  config: EventBridgeClientConfig | undefined,
  log: (line: string) => void,
): Events => {
  if (!config) {
    const reason = 'WithEvent: no event was sent, as AWS_ENDPOINT_URL_EVENTBRIDGE names no local EventBridge';
    return { send: () => log(reason), close: () => {} };
  }
  const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const delivery = new Delivery(config, region);
  return {
    // As on AWS an event may get lost.
    send: (statement) => {
      delivery.deliver(statement).catch((error: unknown) => log(`WithEvent: ${String(error)}`));
    },
    close: () => delivery.close(),
  };
};
