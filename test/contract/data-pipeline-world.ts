import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ActivatePipelineCommand,
  CreatePipelineCommand,
  DataPipelineClient,
  DescribeObjectsCommand,
  DescribePipelinesCommand,
  PutPipelineDefinitionCommand,
  QueryObjectsCommand,
  type PipelineObject,
} from '@aws-sdk/client-data-pipeline';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import pg from 'pg';
import { startDataPipeline } from '../../emulators/data-pipeline/index.ts';
import { startRedshiftData } from '../../emulators/redshift-data/index.ts';
import { startS3 } from './redshift-data-world.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** The stand-in for Data Pipeline beside those for Redshift, S3 and SNS, and clients of them. */
export async function startWorld() {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-data-pipeline-'));
  const aws = await startS3('data');
  const redshift = await startRedshiftData({ s3: { endpoint: aws.endpoint, credentials } });
  const emulator = await startDataPipeline({
    aws: {
      region: 'us-east-1',
      credentials,
      endpoints: { s3: aws.endpoint, sns: aws.endpoint, redshiftData: redshift.url },
    },
  });
  const client = new DataPipelineClient({
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
  const { hostname, port, pathname } = new URL(redshift.jdbc.replace('jdbc:', ''));
  const sql = new pg.Pool({
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    user: redshift.user,
    password: redshift.password,
    max: 2,
  });
  // An idle connection may outlive its server by a moment, at the end.
  sql.on('error', () => undefined);

  const ids = async (pipelineId: string, sphere = 'INSTANCE'): Promise<string[]> =>
    (await client.send(new QueryObjectsCommand({ pipelineId, sphere }))).ids ?? [];

  const fields = async (
    pipelineId: string,
    id: string,
    evaluateExpressions = false,
  ): Promise<Record<string, string>> => {
    const { pipelineObjects } = await client.send(
      new DescribeObjectsCommand({ pipelineId, objectIds: [id], evaluateExpressions }),
    );
    return Object.fromEntries(
      (pipelineObjects?.[0]?.fields ?? []).map(({ key, stringValue, refValue }) => [
        key,
        stringValue ?? refValue ?? '',
      ]),
    );
  };

  const statuses = async (pipelineId: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      await Promise.all(
        (await ids(pipelineId)).map(async (id) => {
          const { '@componentParent': name = '', '@status': status = '' } = await fields(pipelineId, id);
          return [name, status];
        }),
      ),
    );

  return {
    url: emulator.url,
    folder,
    client,
    sql,
    /** S3 with the bucket `data`; SNS and SQS are at the same endpoint. */
    aws,

    /** Makes a pipeline of the given objects; `myDay` is its parameter. */
    async create(name: string, objects: PipelineObject[], uniqueId = name): Promise<string> {
      const { pipelineId } = await client.send(new CreatePipelineCommand({ name, uniqueId }));
      const put = await client.send(
        new PutPipelineDefinitionCommand({
          pipelineId,
          pipelineObjects: objects,
          parameterObjects: [{ id: 'myDay', attributes: [{ key: 'type', stringValue: 'String' }] }],
        }),
      );
      if (put.errored) throw new Error(JSON.stringify(put.validationErrors));
      return pipelineId ?? '';
    },

    activate: (pipelineId: string, values: Record<string, string> = {}, startTimestamp?: Date) =>
      client.send(
        new ActivatePipelineCommand({
          pipelineId,
          parameterValues: Object.entries(values).map(([id, stringValue]) => ({ id, stringValue })),
          startTimestamp,
        }),
      ),

    /** The IDs of a pipeline's objects. */
    ids,
    /** An object's fields as a record. */
    fields,
    /** The statuses of its instances by the names of their components. */
    statuses,

    untilStatuses: (pipelineId: string, wanted: Record<string, string>) =>
      until(async () => {
        const found = await statuses(pipelineId);
        return Object.entries(wanted).every(([name, status]) => found[name] === status);
      }),

    /** Waits until an instance has ended as it should; fails with its error where it ended as it should not. */
    async untilEnded(pipelineId: string, name: string, wanted = 'FINISHED'): Promise<Record<string, string>> {
      const ended = await until(async () => {
        const all = await Promise.all((await ids(pipelineId)).map((id) => fields(pipelineId, id)));
        const one = all.find((found) => found['@componentParent'] === name);
        return one !== undefined && one['@actualEndTime'] !== undefined && one;
      });
      if (ended['@status'] !== wanted)
        throw new Error(`${name} is ${ended['@status']}: ${ended['errorMessage']}`);
      return ended;
    },

    async stateOf(pipelineId: string): Promise<string | undefined> {
      const { pipelineDescriptionList } = await client.send(
        new DescribePipelinesCommand({ pipelineIds: [pipelineId] }),
      );
      return pipelineDescriptionList?.[0]?.fields?.find(({ key }) => key === '@pipelineState')?.stringValue;
    },

    /** An SNS topic, and what came to it: subject and message. */
    async inbox(name: string) {
      const sns = new SNSClient({ endpoint: aws.endpoint, region: 'us-east-1', credentials });
      const sqs = async (operation: string, body: object) => {
        const target = {
          'x-amz-target': `AmazonSQS.${operation}`,
          'content-type': 'application/x-amz-json-1.0',
        };
        const answer = await fetch(aws.endpoint, {
          method: 'POST',
          headers: target,
          body: JSON.stringify(body),
        });
        return (await answer.json()) as { QueueUrl: string; Messages?: { Body: string }[] };
      };
      const { QueueUrl } = await sqs('CreateQueue', { QueueName: name });
      const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: name }));
      const Endpoint = `arn:aws:sqs:us-east-1:000000000000:${name}`;
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
      sns.destroy();
      const received: string[] = [];
      return {
        topicArn: TopicArn,
        async messages() {
          const { Messages = [] } = await sqs('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
          for (const { Body } of Messages) {
            const { Subject, Message } = JSON.parse(Body) as Record<string, string>;
            received.push(`${Subject}\n${Message}`);
          }
          return [...received];
        },
      };
    },

    /** Orders a fault of the stand-in. */
    async fault(op: string, kind: 'lose-answer' | 'throttle' | 'slow', delayMs = 5_000): Promise<void> {
      const body = JSON.stringify({ op, kind, count: 1, delayMs });
      const answer = await fetch(`${emulator.url}/_faults`, { method: 'POST', body });
      if (!answer.ok) throw new Error(await answer.text());
    },

    /** The database behind the warehouse, past Redshift. */
    postgres: object('Db', {
      type: 'JdbcDatabase',
      connectionString: redshift.jdbc,
      jdbcDriverClass: 'org.postgresql.Driver',
      username: redshift.user,
      '*password': redshift.password,
    }),

    /** The warehouse by a cluster's ID. */
    redshift: object('Warehouse', {
      type: 'RedshiftDatabase',
      clusterId: 'local',
      databaseName: 'dev',
      username: 'etl',
      '*password': 'not-looked-at',
    }),

    async stop(): Promise<void> {
      client.destroy();
      await emulator.stop();
      await sql.end();
      await redshift.stop();
      await aws.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/** A pipeline object in the API's form. `{ ref }` is a reference, a list is a field that is there several times. */
export function object(
  id: string,
  fields: Record<string, string | { ref: string } | readonly (string | { ref: string })[]>,
): PipelineObject {
  return {
    id,
    name: id,
    fields: Object.entries(fields).flatMap(([key, values]) =>
      [values]
        .flat()
        .map((value) =>
          typeof value === 'string' ? { key, stringValue: value } : { key, refValue: value.ref },
        ),
    ),
  };
}

export const onDemand = object('Default', { scheduleType: 'ondemand', workerGroup: 'local' });

export const shell = (
  id: string,
  command: string,
  fields: Parameters<typeof object>[1] = {},
): PipelineObject => object(id, { type: 'ShellCommandActivity', command, ...fields });

/** Looks again and again until there is something to see; the test's own timeout ends it. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await sleep(25);
  }
}
