import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../src/domain/run-record.ts';
import type { ObjectStore } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { createRunRecords } from '../../src/storage/run-records.ts';
import { localS3, startMinistack } from './ministack.ts';

const { region, ...credentials } = localS3;
let server: Awaited<ReturnType<typeof startMinistack>>;
let folder: string;
let store: ObjectStore;
const reads: string[] = [];

beforeAll(async () => {
  server = await startMinistack();
  folder = await mkdtemp(join(tmpdir(), 'millrace-records-'));
  await fetch(`${server.endpoint}/lake`, { method: 'PUT' });
  const real = createObjectStore({
    s3: { endpoint: server.endpoint, region, credentials, forcePathStyle: true },
  });
  store = {
    ...real,
    read: (path) => {
      reads.push(path);
      return real.read(path);
    },
  };
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const record = (pipeline: string, interval: string, more: Partial<RunRecord> = {}): RunRecord => ({
  workflowId: `${pipeline}/${interval}`,
  runId: '01a20773-f491-7092-aea3-e89c9056253c',
  pipeline,
  interval,
  status: 'done',
  trigger: 'schedule',
  startedAt: '2026-11-24T02:30:00.125Z',
  endedAt: '2026-11-24T04:00:00.000Z',
  from: '2001-01-05T00:00:00-05:00',
  to: '2001-01-06T00:00:00-05:00',
  params: { alertAbove: 10 },
  manifest: null,
  steps: [{ id: 'a', kind: 'sql', state: 'done', attempts: 2, rows: 7, startedAt: null, endedAt: null }],
  failure: null,
  ...more,
});

describe.each([
  ['a local folder', () => folder],
  ['S3', () => 's3://lake/_state/'],
])('records in %s', (_, place) => {
  const records = () => createRunRecords(store, place());

  test.each([
    '2001-01-05',
    '2001-01-05T03-05:00',
    '2001-01-05T03+05:30',
    '2001-W01',
    '2001-01',
    '2001-01-05T07:30:00Z',
    '2001-01-05T07:30:00.250Z',
  ])('come back as they were written, for %s', async (interval) => {
    const written = record('every-form', interval);
    await records().write(written);
    expect(await records().read('every-form', interval)).toEqual(written);
    const { workflowId, runId, pipeline, status, trigger, startedAt, endedAt } = written;
    expect(await records().list('every-form')).toContainEqual({
      workflowId,
      runId,
      pipeline,
      interval,
      status,
      trigger,
      startedAt,
      endedAt,
    });
  });

  test('the newest run of an interval is the one that counts', async () => {
    const failure = { step: 'a', type: 'JobFailed' as const, message: 'no', ref: null, log: null };
    const later = { runId: 'b', startedAt: '2026-11-25T02:30:00.000Z', endedAt: '2026-11-25T02:31:00.000Z' };
    await records().write(record('twice', '2001-01-05', { ...later, status: 'failed', failure }));
    await records().write(record('twice', '2001-01-05'));
    await records().write(record('twice', '2001-01-05'));
    expect(await records().read('twice', '2001-01-05')).toMatchObject({
      runId: 'b',
      status: 'failed',
      failure,
    });
    expect((await records().list('twice')).map(({ runId }) => runId)).toEqual(['b', record('', '').runId]);
  });

  test('what is not there is not found', async () => {
    await records().write(record('long-name', '2001-01-05'));
    await records().write(record('long', '2001-01-05T03-05:00'));
    expect(await records().read('long', '2001-01-05')).toBeUndefined();
    expect(await records().read('none', '2001-01-05')).toBeUndefined();
    expect(await records().list('none')).toEqual([]);
    expect(await records().list('long')).toHaveLength(1);
  });

  test('thousands of runs are listed without opening one, newest first', async () => {
    const day = (n: number) => new Date(Date.UTC(2001, 0, 1 + n)).toISOString();
    const all = Array.from({ length: 1_200 }, (_, n) => n);
    for (let n = 0; n < all.length; n += 50) {
      await Promise.all(
        all
          .slice(n, n + 50)
          .map((at) =>
            records().write(record('many', day(at).slice(0, 10), { startedAt: day(at), endedAt: day(at) })),
          ),
      );
    }
    reads.length = 0;
    const listed = await records().list('many');
    expect(listed.map(({ startedAt }) => startedAt)).toEqual(all.map(day).reverse());
    const since = new Date(day(1_190));
    expect((await records().list('many', { since })).map(({ startedAt }) => startedAt)).toEqual(
      all.slice(1_190).map(day).reverse(),
    );
    expect((await records().list(undefined, { since })).map(({ pipeline }) => pipeline)).toContain('many');
    expect(reads).toEqual([]);
  });
});

test('a place without runs has none', async () => {
  const empty = createRunRecords(store, join(folder, 'nowhere'));
  expect(await empty.list(undefined)).toEqual([]);
  expect(await empty.read('a', '2001-01-05')).toBeUndefined();
  expect(await readdir(folder)).toEqual(['runs']);
});
