import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataPipelineClient, ListPipelinesCommand } from '@aws-sdk/client-data-pipeline';
import {
  DescribeStatementCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CliError } from '../../src/cli/error.ts';
import { runningDev } from '../../src/cli/stack/running.ts';
import { startStack, type Stack, type StackOptions } from '../../src/cli/stack/stack.ts';
import { environment, foundTools, packageRoot } from '../../src/config.ts';
import { temporalTarget } from '../../src/temporal.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-stack-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const said: string[] = [];
const options = (name: string): StackOptions => ({
  folder: join(folder, name),
  root: packageRoot(),
  // What an account of the user's would bring must not reach the stack.
  env: {
    ...environment,
    TEMPORAL_ADDRESS: '',
    TEMPORAL_API_KEY: 'theirs',
    AWS_PROFILE: 'theirs',
    AWS_SESSION_TOKEN: 'x',
  },
  tools: foundTools(),
  persist: false,
  log: (text) => said.push(text),
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

describe('a stack without a worker', () => {
  let stack: Stack;
  let ranAfterWorker = 0;
  const afterWorker = async () => void (ranAfterWorker = Object.keys(stack.pids()).length);
  const announceAs = join(folder, '.millrace', 'dev.json');

  beforeAll(async () => {
    stack = await startStack({ ...options('whole'), announceAs, afterWorker });
  });
  afterAll(() => stack?.stop());

  const client = () => {
    const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_REGION = '' } = stack.env;
    const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
    return { region: AWS_REGION, credentials, maxAttempts: 1 };
  };

  test('keeps objects in the buckets raw and lake', async () => {
    const s3 = new S3Client({
      ...client(),
      endpoint: stack.env['AWS_ENDPOINT_URL_S3'] ?? '',
      forcePathStyle: true,
    });
    for (const Bucket of ['raw', 'lake']) {
      await s3.send(new PutObjectCommand({ Bucket, Key: 'a/b.txt', Body: 'text' }));
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a/b.txt' }));
      expect(await Body?.transformToString()).toBe('text');
    }
    s3.destroy();
  });

  test('makes queues', async () => {
    const response = await fetch(stack.endpoints.sqs, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSQS.CreateQueue', 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({ QueueName: 'events' }),
    });
    expect(await response.json()).toEqual({
      QueueUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/.*events$/),
    });
  });

  test('runs a statement in the warehouse', async () => {
    const redshift = new RedshiftDataClient({ ...client(), endpoint: stack.endpoints.redshiftData });
    const { workgroup, database } = stack.warehouse;
    const { Id } = await redshift.send(
      new ExecuteStatementCommand({ WorkgroupName: workgroup, Database: database, Sql: 'select 1 + 1' }),
    );
    await until(
      async () => (await redshift.send(new DescribeStatementCommand({ Id }))).Status === 'FINISHED',
    );
    const { Records } = await redshift.send(new GetStatementResultCommand({ Id }));
    expect(Records).toEqual([[{ longValue: 2 }]]);
    redshift.destroy();
  });

  test('lists data pipelines', async () => {
    const pipelines = new DataPipelineClient({ ...client(), endpoint: stack.endpoints.dataPipeline });
    expect((await pipelines.send(new ListPipelinesCommand({}))).pipelineIdList).toEqual([]);
    pipelines.destroy();
  });

  test('has a Temporal that a client finds by the environment, with its web UI', async () => {
    const target = temporalTarget({}, stack.env, () => undefined);
    const connection = await Connection.connect(target.options);
    const { namespaceInfo } = await connection.workflowService.describeNamespace({
      namespace: target.namespace,
    });
    expect(namespaceInfo?.name).toBe('default');
    await connection.close();
    expect((await fetch(stack.endpoints.ui ?? '')).status).toBe(200);
  });

  test('keeps and tells what a webhook sent', async () => {
    await fetch(`${stack.endpoints.webhook}oncall`, { method: 'POST', body: '{"text":"mean delay 16"}' });
    const [line = '{}'] = readFileSync(join(folder, 'whole', 'webhook.log'), 'utf8').split('\n');
    expect(JSON.parse(line)).toMatchObject({ path: '/oncall', body: '{"text":"mean delay 16"}' });
    expect(said).toContain('webhook: mean delay 16');
  });

  test('listens on loopback alone', async () => {
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((one) => one?.family === 'IPv4' && !one.internal);
    const { temporal, ui, s3, redshiftData, dataPipeline, webhook } = stack.endpoints;
    for (const endpoint of [`http://${temporal}`, ui ?? '', s3, redshiftData, dataPipeline, webhook]) {
      const port = Number(new URL(endpoint).port);
      for (const other of others) expect(await accepts(other?.address ?? '', port)).toBe(false);
    }
  });

  test('hands nothing of the user’s own account on', () => {
    const file = `/proc/${stack.pids()['redshift-data']}/environ`;
    if (!existsSync(file)) return;
    const names = readFileSync(file, 'utf8')
      .split('\0')
      .map((pair) => pair.split('=')[0]);
    expect(names).toContain('AWS_ENDPOINT_URL_S3');
    expect(names).not.toContain('AWS_PROFILE');
    expect(names).not.toContain('AWS_SESSION_TOKEN');
    expect(names).not.toContain('TEMPORAL_API_KEY');
  });

  test('cannot be started twice in the same folder', async () => {
    await expect(startStack(options('whole'))).rejects.toMatchObject({ type: 'AlreadyRunning', exitCode: 2 });
  });

  test('stops the servers last, and leaves no process behind', async () => {
    expect(runningDev(folder)).toMatchObject({ address: stack.endpoints.temporal, pid: process.pid });
    const pids = Object.values(stack.pids());
    expect(pids).toHaveLength(4);
    await stack.stop();
    expect(ranAfterWorker).toBe(4);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(runningDev(folder)).toBeUndefined();
  });
});

test('a process that does not start is named, with its last words, and the others are ended', async () => {
  const tools = { ...foundTools(), ministack: '/bin/false' };
  const failure = await startStack({ ...options('broken'), tools }).catch((error: unknown) => error);
  const { type, message, fix } = failure as CliError;
  expect({ type, message, fix }).toEqual({
    type: 'StackFailed',
    message: expect.stringMatching(/^ministack ended \(exit code 1\)/),
    fix: expect.stringContaining(join(folder, 'broken', 'ministack.log')),
  });
  expect(existsSync(join(folder, 'broken', 'pid'))).toBe(false);
});

test('`millrace dev` that is killed takes its processes with it', async () => {
  const launcher = join(packageRoot(), 'bin', 'millrace.js');
  const dev = spawn(process.execPath, [launcher, 'dev', '--no-worker', '--json'], {
    cwd: mkdtempSync(join(folder, 'dev-')),
    env: { ...environment, TEMPORAL_ADDRESS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  dev.stdout.on('data', (text) => (stdout += text));
  try {
    await until(() => stdout.includes('\n') || dev.exitCode !== null);
    const { endpoints, pids } = JSON.parse(stdout) as { endpoints: object; pids: Record<string, number> };
    expect(Object.keys(endpoints).sort()).toEqual([
      'dataPipeline',
      'redshiftData',
      's3',
      'sqs',
      'temporal',
      'ui',
      'webhook',
    ]);
    expect(Object.values(pids).filter(isAlive)).toHaveLength(4);
    dev.kill('SIGKILL');
    await until(() => Object.values(pids).every((pid) => !isAlive(pid)));
  } finally {
    dev.kill('SIGKILL');
  }
});

const accepts = (host: string, port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket
      .on('connect', () => answer(true))
      .on('error', () => answer(false))
      .on('timeout', () => answer(false));
  });
