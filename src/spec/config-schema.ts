import { z } from 'zod';
import { checked, connectionName, filled, matching, positiveDuration } from './fields.ts';
import { checkReferenceForm } from './reference.ts';

/*
 * The form of millrace.yaml. Texts may hold `${env:NAME}`, which is resolved late, in the worker.
 */

const text = () => checked('bad-template', checkReferenceForm);

const bytes = () =>
  matching('wrong-type', /^\d+(\.\d+)?\s?([KMGT]i?B)$/, 'write a number and a unit, like 2GB');

const engine = z.strictObject({
  type: z.enum(['duckdb']).meta({ description: 'What the engine is.' }),
  memory: bytes()
    .default('2GB')
    .meta({ description: 'What a job may use.', examples: ['2GB'] }),
  threads: z.int().min(1).default(2).meta({ description: 'Per job.' }),
  maxJobs: z.int().min(1).default(2).meta({ description: 'How many jobs run at once; more are queued.' }),
  maxTempSize: bytes()
    .optional()
    .meta({ description: 'What a job may spill to disk.', examples: ['20GB'] }),
  folder: text().optional().meta({ description: 'Where the jobs’ folders are.' }),
});

const warehouse = z.strictObject({
  workgroup: text().optional().meta({ description: 'Of Redshift Serverless.' }),
  cluster: text().optional().meta({ description: 'Or the identifier of a provisioned cluster.' }),
  database: text().meta({ examples: ['dev'] }),
  iamRole: text().optional().meta({ description: 'The role that COPY reads with; else the default role.' }),
  secretArn: text().optional().meta({ description: 'A secret with user and password.' }),
  dbUser: text().optional().meta({ description: 'The user on a provisioned cluster.' }),
  region: text().optional(),
});

const webhook = z.strictObject({ url: text().meta({ examples: ['${env:ONCALL_URL}'] }) });

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
    dataPipelines: z.strictObject({ region: text().optional() }).default({}),
  })
  .meta({ title: 'Millrace configuration' });

export type ConfigFile = z.infer<typeof configSchema>;
