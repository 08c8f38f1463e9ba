import { z } from 'zod';
import { engine, secretText, text } from './engines.ts';
import { connectionName, filled, positiveDuration } from './fields.ts';

/*
 * The form of millrace.yaml. Texts may hold `${env:NAME}`, which is resolved late, in the worker.
 */

const warehouse = z.strictObject({
  workgroup: text().optional().meta({ description: 'Of Redshift Serverless.' }),
  cluster: text().optional().meta({ description: 'Or the identifier of a provisioned cluster.' }),
  database: text().meta({ examples: ['dev'] }),
  iamRole: text().optional().meta({ description: 'The role that COPY reads with; else the default role.' }),
  secretArn: text().optional().meta({ description: 'A secret with user and password.' }),
  dbUser: text().optional().meta({ description: 'The user on a provisioned cluster.' }),
  region: text().optional(),
});

const webhook = z.strictObject({ url: secretText().meta({ examples: ['${env:ONCALL_URL}'] }) });

const topic = z.strictObject({
  arn: text().meta({ examples: ['arn:aws:sns:us-east-1:123456789012:oncall'] }),
  region: text().optional().meta({ description: 'Else the ARN’s.' }),
});

const queue = z.strictObject({
  url: text().meta({ examples: ['https://sqs.us-east-1.amazonaws.com/123456789012/new-data'] }),
  region: text().optional().meta({ description: 'Else the region of the rest.' }),
  consumer: z
    .enum(['worker', 'listen'])
    .default('worker')
    .meta({ description: 'Who takes from it: every worker, or only `millrace listen`.' }),
});

const connections = <Schema extends z.ZodType>(schema: Schema) =>
  z.record(connectionName(), schema).default({});

export const configSchema = z
  .strictObject({
    taskQueue: text().default('millrace'),
    pipelines: z
      .array(filled())
      .default(['pipelines/**/*.yaml'])
      .meta({
        description: 'Globs of pipeline files, relative to this file.',
        examples: ['["pipelines/*.yaml"]'],
      }),
    state: text()
      .default('.millrace/state')
      .meta({ description: 'Where run records go: s3://… or a folder.' }),
    heartbeatTimeout: positiveDuration()
      .default('5m')
      .meta({ description: 'How soon another worker takes over.', examples: ['5m'] }),
    pollInterval: positiveDuration()
      .default('15s')
      .meta({ description: 'How often engines and warehouses are asked.', examples: ['15s'] }),
    engines: connections(engine),
    warehouses: connections(warehouse),
    webhooks: connections(webhook),
    topics: connections(topic),
    queues: connections(queue),
    dataPipelines: z.strictObject({ region: text().optional() }).default({}),
  })
  .meta({ title: 'Millrace configuration' });

export type ConfigFile = z.infer<typeof configSchema>;
