import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { REFUSALS, type Refusal } from '../domain/refusals.ts';
import type { JobKind, SparkApp } from '../ports.ts';
import { checked, filled, matching } from './fields.ts';
import { checkReferenceForm, checkSecretForm } from './reference.ts';

/*
 * The engines that millrace.yaml can name: the fields of each, and what it can do. To add an engine is to add an entry
 * here, an implementation in src/engines, and its line in src/engines/index.ts.
 */

const MINUTE_MS = 60_000;

/** A text that may hold `${env:NAME}`, which is resolved late, in the worker. */
export const text = () => checked('bad-template', checkReferenceForm);

/** A text that may also hold `${secret:ARN}`. */
export const secretText = () => checked('bad-template', checkSecretForm);

const bytes = () =>
  matching('wrong-type', /^\d+(\.\d+)?\s?([KMGT]i?B)$/, 'write a number and a unit, like 2GB');

const staging = () =>
  text().meta({
    description: 'A place that the cluster can read, for programs and for notes about submissions.',
    examples: ['s3://lake/_millrace/staging/'],
  });

const s3Scheme = () =>
  z
    .enum(['s3a', 's3'])
    .default('s3a')
    .meta({ description: 'How this Spark calls S3: s3 on EMR and Qubole.' });

const conf = () =>
  z
    .record(z.string(), text())
    .default({})
    .meta({ description: 'Spark’s properties, for every job.', examples: ['{ spark.executor.memory: 4g }'] });

/** A folder in S3, which may come out of a variable. */
const s3Folder = () =>
  checked('wrong-type', (path) => {
    checkReferenceForm(path);
    if (!/^(s3:\/\/[a-z0-9]|\$\{)/.test(path))
      throw new Error(`${JSON.stringify(path)} is no folder in S3; write one like s3://lake/millrace/`);
  });

/** https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-auto-termination-policy.html */
const emrIdleTimeout = () =>
  checked('bad-duration', (text) => {
    const ms = parseDuration(text);
    if (ms < MINUTE_MS || ms > 7 * 24 * 60 * MINUTE_MS)
      throw new Error(`EMR ends no cluster after ${text} of idling; write 1m to 7d`);
  });

/** What an engine can do, so that `validate` can tell before a run does. */
export interface Abilities {
  kinds: readonly JobKind[];
  /** The forms of `spark` that it takes. */
  spark?: readonly SparkApp['form'][];
  /** What it does not take of them. */
  refusals?: readonly Refusal[];
  /** Whether a chain with `push` can tell of its end; undefined where chains are not one job. */
  push?: boolean;
}

interface EngineType extends Abilities {
  schema: z.ZodObject;
}

export const ENGINES = {
  duckdb: {
    schema: z.strictObject({
      type: z.literal('duckdb'),
      memory: bytes()
        .default('2GB')
        .meta({ description: 'What a job may use.', examples: ['2GB'] }),
      threads: z.int().min(1).default(2).meta({ description: 'Per job.' }),
      maxJobs: z.int().min(1).default(2).meta({ description: 'How many jobs run at once; more are queued.' }),
      maxTempSize: bytes()
        .optional()
        .meta({ description: 'What a job may spill to disk.', examples: ['20GB'] }),
      folder: text().optional().meta({ description: 'Where the jobs’ folders are.' }),
    }),
    kinds: ['sql'],
  },
  local: {
    schema: z.strictObject({
      type: z.literal('local'),
      allowShell: z.literal(true).meta({
        description: 'That scripts of pipeline files may run on the worker’s machine, as its user.',
      }),
      env: z
        .record(z.string(), secretText())
        .default({})
        .meta({ description: 'Variables that every script gets.', examples: ['{ AWS_REGION: eu-west-1 }'] }),
      folder: text().optional().meta({ description: 'Where the jobs’ folders are.' }),
    }),
    kinds: ['shell'],
  },

  qubole: {
    schema: z.strictObject({
      type: z.literal('qubole'),
      url: text()
        .default('https://api.qubole.com/api/')
        .meta({ description: 'The API’s address, without a version.' }),
      version: z.enum(['v1.2', 'latest']).default('v1.2').meta({ description: 'Of the API.' }),
      token: secretText().meta({ description: 'The API token.', examples: ['${env:QDS_TOKEN}'] }),
      cluster: text()
        .optional()
        .meta({ description: 'Label or id of the cluster; else the account’s default one.' }),
      idleHours: z
        .int()
        .min(1)
        .max(6)
        .optional()
        .meta({ description: 'What release: whenIdle sets; else the cluster’s own idle time-out stays.' }),
      tags: z.array(filled()).default([]).meta({ description: 'Of every command.' }),
      pool: filled().optional().meta({ description: 'Of the cluster’s fair scheduler.' }),
      macros: z
        .record(z.string(), z.string())
        .default({})
        .meta({ description: 'QDS’s own macros: name and expression.' }),
      push: z
        .strictObject({ queue: text().meta({ description: 'The URL of an SQS queue.' }) })
        .optional()
        .meta({ description: 'Where chains with push tell of their end.' }),
    }),
    kinds: ['sql', 'hive', 'spark', 'presto', 'dbExport', 'shell', 'chain'],
    spark: ['sql', 'program', 'python', 'jar', 'cmdline'],
    refusals: REFUSALS.qubole,
  },

  livy: {
    schema: z.strictObject({
      type: z.literal('livy'),
      url: text().meta({ description: 'Of Livy’s server.', examples: ['http://livy.internal:8998'] }),
      staging: staging(),
      s3Scheme: s3Scheme(),
      user: text().optional().meta({ description: 'For basic authentication; with password.' }),
      password: secretText()
        .optional()
        .meta({ description: 'For basic authentication.', examples: ['${env:LIVY_PASSWORD}'] }),
      conf: conf(),
      proxyUser: text().optional().meta({ description: 'Whom the jobs run as.' }),
      queue: text().optional().meta({ description: 'Of YARN.' }),
    }),
    kinds: ['sql', 'spark'],
    spark: ['sql', 'python', 'jar'],
    refusals: REFUSALS.livy,
  },

  spark: {
    schema: z.strictObject({
      type: z.literal('spark'),
      url: text().meta({
        description: 'Of the standalone master’s server for submissions.',
        examples: ['http://spark.internal:6066'],
      }),
      ui: text().meta({
        description: 'Of the master’s web UI.',
        examples: ['http://spark.internal:8080'],
      }),
      staging: staging(),
      s3Scheme: s3Scheme(),
      conf: conf(),
    }),
    kinds: ['sql', 'spark'],
    spark: ['sql', 'python', 'jar'],
  },

  emr: {
    schema: z.strictObject({
      type: z.literal('emr'),
      cluster: text().meta({ description: 'Its ID, or its name.', examples: ['j-2AXXXXXXGAPLF', 'nightly'] }),
      staging: s3Folder().meta({
        description: 'Where the texts of jobs go, and the values of shell jobs.',
        examples: ['s3://lake/millrace/'],
      }),
      launch: z
        .looseObject({
          ReleaseLabel: text().meta({ examples: ['emr-7.5.0'] }),
          Instances: z.looseObject({}),
          ServiceRole: text(),
          JobFlowRole: text(),
        })
        .optional()
        .meta({ description: 'Launches a cluster of that name if none is up: what RunJobFlow takes.' }),
      idleTimeout: emrIdleTimeout()
        .default('1h')
        .meta({ description: 'When a cluster ends that is released whenIdle: 1 minute to 7 days.' }),
      region: text().optional().meta({ description: 'Else as the AWS SDK finds it.' }),
    }),
    kinds: ['sql', 'hive', 'spark', 'shell'],
    spark: ['sql', 'program', 'python', 'jar'],
    refusals: REFUSALS.emr,
  },

  'emr-serverless': {
    schema: z.strictObject({
      type: z.literal('emr-serverless'),
      application: text().meta({ description: 'Its ID.', examples: ['00f1abcdexample'] }),
      executionRole: text().meta({ description: 'The ARN of the role that jobs run as.' }),
      staging: s3Folder().meta({
        description: 'Where the texts of jobs go, and Hive’s scratch and warehouse.',
        examples: ['s3://lake/millrace/'],
      }),
      logs: s3Folder().optional().meta({ description: 'Where logs go; `logs/` in staging unless said.' }),
      conf: conf(),
      dashboards: z.boolean().default(false).meta({
        description: 'Keep a link to the UI of a job: whoever has it gets in, for an hour.',
      }),
      region: text().optional().meta({ description: 'Else as the AWS SDK finds it.' }),
    }),
    kinds: ['sql', 'hive', 'spark'],
    spark: ['sql', 'program', 'python', 'jar'],
    refusals: REFUSALS['emr-serverless'],
  },
} satisfies Record<string, EngineType>;

export type EngineTypeName = keyof typeof ENGINES;

/** What millrace.yaml says of an engine of that type. */
export type EngineConfig<Type extends EngineTypeName = EngineTypeName> = z.output<
  (typeof ENGINES)[Type]['schema']
>;

const [first, ...others] = Object.values(ENGINES).map(({ schema }) => schema);
if (!first) throw new Error('there are no engines');

export const engine = z.discriminatedUnion('type', [first, ...others]) as z.ZodType<EngineConfig>;

export const abilitiesOf = (config: EngineConfig): Abilities => ({
  ...ENGINES[config.type],
  ...(config.type === 'qubole' && { push: config.push !== undefined }),
});
