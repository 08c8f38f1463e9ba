import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { DemoWarehouse } from '../../src/cli/demo/warehouse.ts';
import type { Stack } from '../../src/cli/stack/stack.ts';
import { environment } from '../../src/config.ts';
import type { NewDataProgress } from '../../src/domain/new-data.ts';
import type { Progress } from '../../src/domain/run.ts';
import { ROOT, runProgram, until } from './cli.ts';
import { LOCAL_AWS, startQuboleStack, TOKEN, type QuboleStack } from './qubole-stack.ts';

/* The example as it stands in its folder, on the stand-ins for Qubole, Data Pipeline and Redshift, by new data in S3. */

const FOLDER = join(ROOT, 'examples', 'push-export');
const NAME = 'orders-export';
const { aws: awsCli } = JSON.parse(readFileSync(join(ROOT, '.millrace/tools.json'), 'utf8')) as {
  aws: string;
};

let world: QuboleStack | undefined;
let stack: Stack;
let client: Client;
let warehouse: DemoWarehouse;
let s3: S3Client;
let qubole: string;

beforeAll(async () => {
  world = await startQuboleStack({
    example: 'push-export',
    // The commands of the workflow call the AWS CLI.
    env: { PATH: `${dirname(awsCli)}:${environment['PATH']}` },
    newData: async () => [{ bucket: 'raw', prefix: 'orders/' }],
    async prepare(env, stackEnv) {
      const sqs = new SQSClient({ ...LOCAL_AWS, endpoint: stackEnv['AWS_ENDPOINT_URL_SQS'] ?? '' });
      env['QDS_DONE_QUEUE'] = (await sqs.send(new CreateQueueCommand({ QueueName: 'done' }))).QueueUrl;
      sqs.destroy();
    },
  });
  ({ stack, client, warehouse, s3, qubole } = world);
  const created = await datapipeline('create-pipeline', '--name', NAME, '--unique-id', 'once');
  const { pipelineId } = JSON.parse(created) as { pipelineId: string };
  const definition = `file://${join(FOLDER, 'data-pipeline.json')}`;
  const put = ['--pipeline-id', pipelineId, '--pipeline-definition', definition];
  expect(JSON.parse(await datapipeline('put-pipeline-definition', ...put))).toMatchObject({ errored: false });
});
afterAll(() => world?.close());

async function datapipeline(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(awsCli, ['datapipeline', ...args], stack.env);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}

const put = (name: string, text: string) =>
  s3.send(
    new PutObjectCommand({ Bucket: 'raw', Key: `orders/dt=2001-01-05/${name}`, Body: Buffer.from(text) }),
  );

const gathering = () =>
  client.workflow
    .getHandle(`${NAME}/2001-01-05/new-data`)
    .query<NewDataProgress>('progress')
    .catch(() => undefined);

/** An activation that others made is known to be ours when nothing newer has come for two minutes. */
const LONGEST_RUN_MS = 300_000;

/** Waits until so many runs have been started, and have ended. */
const ended = (runs: number) =>
  until(
    async () => {
      const now = await gathering();
      return now?.runs === runs && now.status === 'watching' ? now : undefined;
    },
    { everyMs: 500, limitMs: LONGEST_RUN_MS },
  );

const rows = () =>
  warehouse.rows('SELECT day, country, orders, amount FROM public.orders_by_country ORDER BY day, country');

test(
  'new data starts the workflow on Qubole, which activates the Data Pipeline, whose export is in Redshift',
  async () => {
    await put('a.csv', '1,FR,12.5\n2,FR,30\n');
    await put('b.csv', '3,DE,7.25\n');
    await put('_SUCCESS', '\n');
    await ended(1);
    const run = client.workflow.getHandle(`${NAME}/2001-01-05`);
    const progress = await run.query<Progress>('progress');
    expect(progress).toMatchObject({ status: 'done', trigger: 'event' });
    const [work, exported] = progress.steps;
    expect(work?.result?.['commands']).toMatchObject([{ state: 'done' }, { state: 'done' }]);
    expect(exported?.result?.['instances']).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ name: 'Export', status: 'FINISHED' })]),
    );
    expect(await rows()).toEqual([
      ['2001-01-05', 'DE', '1', '7.25'],
      ['2001-01-05', 'FR', '2', '42.5'],
    ]);
    const answer = await fetch(`${qubole}/v1.2/commands?per_page=100`, {
      headers: { 'x-auth-token': TOKEN },
    });
    const { commands } = (await answer.json()) as { commands: { command_type: string }[] };
    expect(commands).toMatchObject([{ command_type: 'CompositeCommand' }]);

    // Corrected: one more run, whose rows take the place of the old ones.
    await put('b.csv', '3,DE,8.5\n');
    await ended(2);
    expect(await rows()).toEqual([
      ['2001-01-05', 'DE', '1', '8.5'],
      ['2001-01-05', 'FR', '2', '42.5'],
    ]);
  },
  2 * LONGEST_RUN_MS,
);
