import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { packageRoot } from '../../src/config.ts';
import { runProgram } from '../e2e/cli.ts';
import { startTemporal } from './temporal.ts';

let env: TestWorkflowEnvironment;
let folder: string;

// The bundle alone, in a folder of its own, as Lambda unpacks it.
beforeAll(async () => {
  env = await startTemporal();
  folder = await mkdtemp(join(tmpdir(), 'millrace-lambda-'));
  await copyFile(join(packageRoot(), 'dist', 'lambda.cjs'), join(folder, 'lambda.cjs'));
  const source = {
    bucket: 'raw',
    prefix: '',
    path: 'in/{date}/',
    settleMs: 0,
    lateSettleMs: 0,
    late: 'report',
    lateWindowMs: 0,
  };
  const routes = [{ name: 'p', covers: 'day', timezone: 'UTC', events: [source] }];
  await writeFile(join(folder, 'routes.json'), JSON.stringify({ taskQueue: 'etl', routes }));
});

afterAll(async () => {
  await env?.teardown();
  await rm(folder, { recursive: true, force: true });
});

const SCRIPT = `
  require('./lambda.cjs').handler(JSON.parse(process.argv[1])).then(
    (answer) => { console.log(JSON.stringify(answer ?? null)); process.exit(0); },
    (error) => { console.log(JSON.stringify({ error: error.message })); process.exit(0); },
  );`;

/** Calls the handler in a fresh process. */
async function call(event: unknown, address = env.address): Promise<unknown> {
  const { code, stdout, stderr } = await runProgram(
    process.execPath,
    ['-e', SCRIPT, JSON.stringify(event)],
    { TEMPORAL_ADDRESS: address, LAMBDA_TASK_ROOT: folder },
    folder,
  );
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const s3 = (key: string, sequencer = '0A') => ({
  Records: [
    {
      eventSource: 'aws:s3',
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: 'raw' }, object: { key, size: 1, sequencer } },
    },
  ],
});

/** What the workflow of a day was signalled. */
async function signalled(day: string): Promise<string[]> {
  const { events } = await env.client.workflow.getHandle(`p/${day}/new-data`).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    (signal?.input?.payloads ?? []).flatMap(({ data }) => {
      const { files } = JSON.parse(Buffer.from(data ?? []).toString()) as { files: { path: string }[] };
      return files.map(({ path }) => path);
    }),
  );
}

test('S3 itself', async () => {
  expect(await call(s3('in/2001-01-01/a%2Bb+c'))).toBeNull();
  expect(await signalled('2001-01-01')).toEqual(['s3://raw/in/2001-01-01/a+b c']);
  const { taskQueue, type } = await env.client.workflow.getHandle('p/2001-01-01/new-data').describe();
  expect({ taskQueue, type }).toEqual({ taskQueue: 'etl', type: 'newData' });
});

test('a queue: one signal for each workflow, and the messages that are left', async () => {
  const bodies = [
    s3('in/2001-01-02/a'),
    { Type: 'Notification', TopicArn: 'arn', Message: JSON.stringify(s3('in/2001-01-02/b')) },
    { Event: 's3:TestEvent' },
    s3('elsewhere/x'),
  ];
  const Records = bodies.map((body, at) => ({
    messageId: `m${at}`,
    eventSource: 'aws:sqs',
    body: JSON.stringify(body),
  }));
  expect(await call({ Records })).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm2' }, { itemIdentifier: 'm3' }],
  });
  expect(await signalled('2001-01-02')).toEqual(['s3://raw/in/2001-01-02/a', 's3://raw/in/2001-01-02/b']);
});

test('a topic', async () => {
  const Message = JSON.stringify(s3('in/2001-01-03/a'));
  expect(await call({ Records: [{ EventSource: 'aws:sns', Sns: { Message } }] })).toBeNull();
  expect(await signalled('2001-01-03')).toEqual(['s3://raw/in/2001-01-03/a']);
});

test('EventBridge', async () => {
  const detail = { bucket: { name: 'raw' }, object: { key: 'in/2001-01-04/a+b', sequencer: '0A' } };
  expect(await call({ source: 'aws.s3', 'detail-type': 'Object Created', detail })).toBeNull();
  expect(await signalled('2001-01-04')).toEqual(['s3://raw/in/2001-01-04/a+b']);
});

test('what can be used by nobody, and a Temporal that is away, are errors', async () => {
  expect(await call(s3('elsewhere/x'))).toEqual({
    error: "no pipeline's events match s3://raw/elsewhere/x",
  });
  expect(await call({ hello: 'world' })).toEqual({ error: 'it is foreign, not about a new object' });
  const Records = [{ messageId: 'm0', eventSource: 'aws:sqs', body: JSON.stringify(s3('in/2001-01-05/a')) }];
  expect(await call({ Records }, '127.0.0.1:1')).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
});
