import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { DemoWarehouse } from '../../src/cli/demo/warehouse.ts';
import type { Stack } from '../../src/cli/stack/stack.ts';
import type { Progress } from '../../src/domain/run.ts';
import { millrace, ROOT, until } from './cli.ts';
import { startQuboleStack, TOKEN, type QuboleStack } from './qubole-stack.ts';

/* The example as it stands in its folder, on the stand-ins for Qubole and Redshift, by its schedule. */

const CONFIG = join(ROOT, 'examples', 'scheduled-export', 'millrace.yaml');
const NAME = 'revenue-daily';

let world: QuboleStack | undefined;
let stack: Stack;
let client: Client;
let warehouse: DemoWarehouse;
let s3: S3Client;
let qubole: string;

beforeAll(async () => {
  world = await startQuboleStack({ example: 'scheduled-export' });
  ({ stack, client, warehouse, s3, qubole } = world);
  await s3.send(new CreateBucketCommand({ Bucket: 'raw' })).catch(() => {});
});
afterAll(() => world?.close());

const put = (day: string, ...orders: string[]) =>
  s3.send(
    new PutObjectCommand({
      Bucket: 'raw',
      Key: `orders/dt=${day}/a.csv`,
      Body: Buffer.from(orders.join('\n')),
    }),
  );
const revenue = () =>
  warehouse.rows('SELECT day, country, orders, amount FROM public.revenue ORDER BY day, country');
const runOf = (day: string) => client.workflow.getHandle(`${NAME}/${day}`);
const apply = async () => {
  const { code, stdout, stderr } = await millrace(['apply', '--config', CONFIG, '--json'], stack.env);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout) as { changes: { action: string; schedule: string }[] };
};
const commands = async () => {
  const answer = await fetch(`${qubole}/v1.2/commands?per_page=100`, { headers: { 'x-auth-token': TOKEN } });
  return ((await answer.json()) as { commands: { command_type: string; status: string }[] }).commands;
};
const ended = (day: string) =>
  until(async () => {
    const status = await runOf(day)
      .describe()
      .then(
        (run) => run.status.name,
        () => 'none',
      );
    return status === 'none' || status === 'RUNNING' ? undefined : status;
  });

test('a night: the schedule ticks, the cluster starts, Hive runs on Qubole, its rows are in Redshift', async () => {
  expect((await apply()).changes).toMatchObject([{ action: 'create', schedule: NAME }]);
  expect((await apply()).changes).toEqual([]);
  await put('2001-01-05', '1,FR,12.5', '2,FR,30', '3,DE,7.25');

  // The ticks of the 6th and the 7th at three in Berlin, for the 5th and the 6th.
  await client.schedule.getHandle(NAME).backfill({
    start: new Date('2001-01-06T00:00:00+01:00'),
    end: new Date('2001-01-07T12:00:00+01:00'),
    overlap: 'ALLOW_ALL',
  });
  expect(await ended('2001-01-05')).toBe('COMPLETED');
  expect(await revenue()).toEqual([
    ['2001-01-05', 'DE', '1', '7.25'],
    ['2001-01-05', 'FR', '2', '42.5'],
  ]);
  const progress = await runOf('2001-01-05').query<Progress>('progress');
  expect(progress).toMatchObject({ status: 'done', trigger: 'schedule' });
  expect(
    progress.steps.map(({ id, result }) => [id, result?.['rows'] ?? result?.['cluster'] ?? null]),
  ).toEqual([
    ['table', null],
    ['arrived', null],
    ['cluster', expect.anything()],
    ['revenue', 2],
    ['publish', 2],
  ]);
  expect(await commands()).toMatchObject([{ command_type: 'HiveCommand', status: 'done' }]);

  // The 6th waits for its files, which come late: half of them twice, in the end.
  const late = runOf('2001-01-06');
  await until(async () => {
    const now = await late.query<Progress>('progress').catch(() => undefined);
    return now?.steps.find(({ id }) => id === 'arrived')?.state === 'running' ? true : undefined;
  });
  await put('2001-01-06', '4,FR,1', '5,IT,2');
  expect(await ended('2001-01-06')).toBe('COMPLETED');
  const both = await revenue();
  expect(both).toHaveLength(4);

  // Another tick of the 5th leaves it alone; a person runs it again, and the rows are as they were.
  const { runId } = await runOf('2001-01-05').describe();
  const again = ['--interval', '2001-01-05', '--wait', '--config', CONFIG, '--json'];
  expect((await millrace(['run', NAME, ...again], stack.env)).code).toBe(0);
  expect((await runOf('2001-01-05').describe()).runId).not.toBe(runId);
  expect(await revenue()).toEqual(both);
  expect(await commands()).toHaveLength(3);
});
