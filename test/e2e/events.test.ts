import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import type { NewDataProgress } from '../../src/domain/new-data.ts';
import { millrace, ROOT, startMillrace, until, type Started } from './cli.ts';

const PIPELINE = `
name: arrivals
events:
  - s3: { bucket: landing, prefix: in/ }
    path: in/dt={date}/
    settle: 5s
    late: rerun
    lateWindow: 1h
steps:
  - id: seen
    putObject: { path: 's3://lake/seen/\${interval.date}.json', content: '\${trigger.files}' }
`;

let folder: string;
let dev: Started;
let listening: Started;
let s3: S3Client;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-events-'));
  await writeFile(join(folder, 'millrace.yaml'), 'pipelines: ["*.pipeline.yaml"]\nheartbeatTimeout: 2s\n');
  await writeFile(join(folder, 'arrivals.pipeline.yaml'), PIPELINE);
  dev = startMillrace(['dev', '--json'], { MILLRACE_CONFIG: undefined }, folder);
  const { endpoints } = (await dev.ready) as { endpoints: { s3: string; temporal: string } };
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  s3 = new S3Client({ endpoint: endpoints.s3, region: 'us-east-1', credentials, forcePathStyle: true });
  connection = await Connection.connect({ address: endpoints.temporal });
  client = new Client({ connection });
  listening = startMillrace(['listen', '--json'], { MILLRACE_CONFIG: undefined }, folder);
});

afterAll(async () => {
  await connection?.close();
  s3?.destroy();
  listening?.child.kill('SIGTERM');
  dev?.child.kill('SIGTERM');
  await Promise.all([listening?.ended, dev?.ended]);
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

const put = (day: string, name: string) =>
  s3.send(
    new PutObjectCommand({ Bucket: 'landing', Key: `in/dt=${day}/${name}`, Body: Buffer.from(`${name}\n`) }),
  );

const progress = (day: string) =>
  client.workflow
    .getHandle(`arrivals/${day}/new-data`)
    .query<NewDataProgress>('progress')
    .catch(() => undefined);

async function runsOf(day: string): Promise<string[]> {
  const statuses: string[] = [];
  for await (const { status } of client.workflow.list({ query: `WorkflowId = "arrivals/${day}"` }))
    statuses.push(status.name);
  return statuses;
}

describe('files that are put into the local S3', () => {
  test('start the runs of their days, and no others, whoever listens', async () => {
    expect(await listening.ready).toMatchObject({ queues: [{ name: 'local' }] });
    const days = ['2001-01-05', '2001-01-06', '2001-01-07'];
    // Each twice, the days mixed.
    for (const name of ['b', 'a', 'b', 'a']) await Promise.all(days.map((day) => put(day, name)));
    await put('2001-02-30', 'of-no-day');
    for (const day of days) {
      await until(async () => ((await progress(day))?.status === 'watching' ? true : undefined));
      expect(await progress(day)).toMatchObject({ files: 2, runs: 1 });
      expect(await runsOf(day)).toEqual(['COMPLETED']);
    }
    // One more comes late: one more run.
    await put('2001-01-06', 'late');
    await until(async () => {
      const now = await progress('2001-01-06');
      return now?.runs === 2 && now.status === 'watching' ? true : undefined;
    });
    expect(await runsOf('2001-01-06')).toEqual(['COMPLETED', 'COMPLETED']);
    expect(await runsOf('2001-01-05')).toEqual(['COMPLETED']);
  });
});

test('the demo needs nobody who starts its days', async () => {
  const own = await mkdtemp(join(tmpdir(), 'millrace-events-demo-'));
  try {
    const config = await readFile(join(ROOT, 'millrace.yaml'), 'utf8');
    const file = join(own, 'millrace.yaml');
    await writeFile(file, config.replace('examples/', `${ROOT}examples/`));
    const { stdout, stderr } = await millrace([
      'demo',
      '--events',
      '--days',
      '3',
      '--json',
      '--config',
      file,
    ]);
    expect(stderr).toContain('each starts the run of its day');
    const { runs, days } = JSON.parse(stdout) as { runs: { status: string }[]; days: string[][] };
    expect(runs.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(days.map(([day, routes]) => [day, routes])).toEqual([
      ['2001-01-01', '3156'],
      ['2001-01-02', '3179'],
      ['2001-01-03', '3185'],
    ]);
  } finally {
    await rm(own, { recursive: true, force: true, maxRetries: 10 });
  }
});
