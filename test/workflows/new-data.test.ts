import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { ArrivedFile } from '../../src/domain/arrived-file.ts';
import type { Definition } from '../../src/domain/definition.ts';
import type { EventSource } from '../../src/domain/event-source.ts';
import { newDataId, type NewDataProgress } from '../../src/domain/new-data.ts';
import type { PipelineInput } from '../../src/domain/run.ts';
import { createWorld, type World } from './world.ts';

const DAY = '2001-01-05';
const HOUR_MS = 3_600_000;
let world: World;
let name: string;
let count = 0;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());

const SOURCE: EventSource = {
  bucket: 'raw',
  prefix: 'a/',
  path: 'a/{date}/',
  settleMs: 30_000,
  lateSettleMs: 30_000,
  late: 'rerun',
  lateWindowMs: 24 * HOUR_MS,
};

/** Makes the pipeline of a test, which begins with data of this kind. */
function define(sources: Partial<EventSource>[] = [{}], more: Partial<Definition> = {}): void {
  name = `events${(count += 1)}`;
  world.define(name, { events: sources.map((source) => ({ ...SOURCE, ...source })), ...more });
}

beforeEach(() => {
  world.engine.behave = () => ({ status: 'done' });
});

const file = (key: string, more: Partial<ArrivedFile> = {}): ArrivedFile => ({
  path: `s3://raw/a/${DAY}/${key}`,
  ...more,
});

/** Sends new data as the consumer does. */
const signal = (files: unknown[], interval = DAY): Promise<WorkflowHandle> =>
  world.client.workflow.signalWithStart('newData', {
    taskQueue: 'test',
    workflowId: newDataId(name, interval),
    args: [{ pipeline: name, interval }],
    signal: 'newData',
    signalArgs: [{ files }],
  });

const progress = (handle: WorkflowHandle) => handle.query<NewDataProgress>('progress');

/** Waits until the gathering is as the test wants it. */
async function until(handle: WorkflowHandle, holds: (progress: NewDataProgress) => boolean) {
  for (const givenUpAt = Date.now() + 30_000; Date.now() < givenUpAt;) {
    const now = await progress(handle).catch(() => undefined);
    if (now && holds(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`what the test waits for did not happen: ${JSON.stringify(await progress(handle))}`);
}

/** Lets time pass once all that was sent has been taken in. */
async function after(ms: number, handle: WorkflowHandle, files: number): Promise<void> {
  await until(handle, (now) => now.files === files);
  await world.skip(ms);
}

/** The runs of the interval, oldest first: what started each. */
async function runs(interval = DAY): Promise<PipelineInput[]> {
  const found: PipelineInput[] = [];
  const records = await world.records.list(name);
  for (const { runId, interval: of } of records.reverse()) {
    if (of !== interval) continue;
    const { events } = await world.client.workflow.getHandle(`${name}/${of}`, runId).fetchHistory();
    const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    found.push(JSON.parse(Buffer.from(payload ?? []).toString()) as PipelineInput);
  }
  return found;
}

const keys = ({ trigger }: PipelineInput) =>
  trigger?.files?.map((path) => (path as string).split('/').slice(5).join('/'));

/** Waits until so many runs have ended. */
async function ended(handle: WorkflowHandle, count: number): Promise<PipelineInput[]> {
  await until(handle, (now) => now.runs >= count && now.status === 'watching');
  return runs();
}

describe('new data is complete', () => {
  test('when nothing new has come for long enough: then the run starts, once, with all files', async () => {
    define();
    const handle = await signal([file('b', { sequencer: '0A' })]);
    await after(20_000, handle, 1);
    await signal([file('a', { sequencer: '0B' }), file('c')]);
    await after(20_000, handle, 3);
    // What is known, or older, is nothing new, and does not make it wait.
    await signal([file('b', { sequencer: '0A' }), file('a', { sequencer: '0A8' }), file('c')]);
    await until(handle, (now) => now.duplicates === 3);
    expect(await progress(handle)).toMatchObject({ status: 'gathering', runs: 0 });
    await world.skip(11_000);
    const [run, ...others] = await ended(handle, 1);
    expect(others).toEqual([]);
    expect(run).toMatchObject({ pipeline: name, interval: DAY, trigger: { kind: 'event' } });
    expect(run && keys(run)).toEqual(['a', 'b', 'c']);
  });

  test('when there are so many files, each counted once', async () => {
    define([{ count: 3, settleMs: 0 }]);
    const handle = await signal([file('a'), file('a'), file('_SUCCESS'), file('b')]);
    await after(HOUR_MS, handle, 2);
    expect(await progress(handle)).toMatchObject({ status: 'gathering', detail: 'for 1 more of a/{date}/' });
    await signal([file('c')]);
    expect((await ended(handle, 1)).map(keys)).toEqual([['a', 'b', 'c']]);
  });

  test('when its marker is there, even if that comes first', async () => {
    define([{ marker: '_SUCCESS', settleMs: 5_000 }]);
    const handle = await signal([file('a')]);
    await after(HOUR_MS, handle, 1);
    expect(await progress(handle)).toMatchObject({ detail: 'for _SUCCESS beside a/{date}/', runs: 0 });
    await signal([file('_SUCCESS')]);
    await signal([file('b'), file('_SUCCESS')]);
    await after(6_000, handle, 2);
    expect((await ended(handle, 1)).map(keys)).toEqual([['a', 'b']]);
  });

  test('when all entries are complete', async () => {
    define([
      { settleMs: 1_000 },
      { prefix: 'b/', path: 'b/{date}/', marker: 'manifest-*.json', settleMs: 0 },
    ]);
    const handle = await signal([file('a')]);
    await after(HOUR_MS, handle, 1);
    expect(await progress(handle)).toMatchObject({ status: 'gathering' });
    await signal([{ path: `s3://raw/b/${DAY}/x` }, { path: `s3://raw/b/${DAY}/manifest-7.json` }]);
    await after(1_000, handle, 2);
    expect(await ended(handle, 1)).toHaveLength(1);
  });

  test('when somebody says so', async () => {
    define([{ count: 24, settleMs: 0 }]);
    const handle = await signal([file('a')]);
    await until(handle, (now) => now.files === 1);
    await handle.signal('complete');
    expect((await ended(handle, 1)).map(keys)).toEqual([['a']]);
  });
});

describe('files that come late', () => {
  test('while the run is open cause one rerun, after it has ended', async () => {
    define();
    world.engine.behave = () => ({ status: 'running' });
    const handle = await signal([file('a')]);
    await after(31_000, handle, 1);
    await until(handle, (now) => now.status === 'running');
    await signal([file('b')]);
    await signal([file('b'), file('c'), file('a')]);
    await after(10_000, handle, 3);
    expect(await progress(handle)).toMatchObject({ status: 'running', runs: 1 });
    world.engine.behave = () => ({ status: 'done' });
    await world.until(
      world.client.workflow.getHandle(`${name}/${DAY}`),
      ({ steps }) => steps[0]?.state === 'running',
    );
    for (const { ref } of world.engine.jobs.values()) world.engine.end(ref.id, { status: 'done' });
    await until(handle, (now) => now.status === 'watching' || now.runs === 2);
    await world.skip(31_000);
    const all = await ended(handle, 2);
    expect(all.map(keys)).toEqual([['a'], ['a', 'b', 'c']]);
    // What is known causes nothing.
    await signal([file('c')]);
    await world.skip(HOUR_MS);
    expect(await runs()).toHaveLength(2);
  });

  test('within the window cause a rerun each time that they have settled, and none after it', async () => {
    define();
    const handle = await signal([file('a')]);
    await after(31_000, handle, 1);
    await ended(handle, 1);
    await signal([file('b')]);
    await after(20_000, handle, 2);
    await signal([file('c')]);
    await after(20_000, handle, 3);
    expect(await runs()).toHaveLength(1);
    await world.skip(11_000);
    expect(await ended(handle, 2)).toHaveLength(2);
    // Written again: news, although the path is known.
    await signal([file('a', { version: 'v2' })]);
    await until(handle, (now) => now.duplicates === 0 && now.detail === 'until no more late files come');
    await world.skip(31_000);
    expect((await ended(handle, 3)).map(keys)).toEqual([['a'], ['a', 'b', 'c'], ['a', 'b', 'c']]);
    await world.skip(25 * HOUR_MS);
    expect(await handle.result()).toMatchObject({ status: 'done', files: 3, runs: 3, late: { count: 0 } });
    // A workflow of its own, which sees that the interval is done; its window is over.
    world.stored.clear();
    const again = await signal([file('d', { at: '2001-01-01T00:00:00Z' })]);
    await after(31_000, again, 1);
    await until(again, (now) => now.status === 'watching' || now.status === 'done');
    expect(await progress(again)).toMatchObject({ runs: 0 });
  });

  test('are only told of where the file says so', async () => {
    define([{ late: 'report' }]);
    const handle = await signal([file('a')]);
    await after(31_000, handle, 1);
    await ended(handle, 1);
    await signal([file('b'), file('a')]);
    await after(HOUR_MS, handle, 2);
    expect(await progress(handle)).toMatchObject({
      status: 'watching',
      runs: 1,
      late: { count: 1, files: [`s3://raw/a/${DAY}/b`] },
    });
    expect(await runs()).toHaveLength(1);
  });
});

describe('an interval that somebody else ran', () => {
  const runIt = async (): Promise<void> => {
    const run = await world.client.workflow.start('pipeline', {
      taskQueue: 'test',
      workflowId: `${name}/${DAY}`,
      args: [{ pipeline: name, interval: DAY }],
    });
    await run.result();
  };

  test('is left alone for data that was there before', async () => {
    define();
    await runIt();
    const handle = await signal([file('a', { at: '2001-01-06T00:00:00Z' })]);
    await after(31_000, handle, 1);
    await until(handle, (now) => now.status === 'watching');
    expect(await runs()).toHaveLength(1);
  });

  test('is run again for data that was written since it began', async () => {
    define();
    await runIt();
    const handle = await signal([file('a')]);
    await after(31_000, handle, 1);
    await world.skip(31_000);
    expect((await ended(handle, 1)).map(({ trigger }) => trigger?.kind)).toEqual([undefined, 'event']);
  });
});

test('of more files than a history should hold there is a manifest', async () => {
  define();
  const many = Array.from({ length: 2_400 }, (_, at) =>
    file(`f${String(at).padStart(4, '0')}`, { bytes: at }),
  );
  const handle = await signal(many.slice(0, 900));
  await signal(many.slice(600, 1_800));
  await signal([...many.slice(1_500), ...many.slice(0, 50)]);
  await after(31_000, handle, 2_400);
  expect(await progress(handle)).toMatchObject({ duplicates: 900 - 600 + 300 + 50 });
  const [run] = await ended(handle, 1);
  const manifest = `s3://state/new-data/${name}/${DAY}/manifest-0.json`;
  expect(run?.trigger).toEqual({ kind: 'event', manifest });
  const { entries } = JSON.parse(world.stored.get(manifest) ?? '') as { entries: object[] };
  expect(entries).toHaveLength(2_400);
  expect(entries[7]).toEqual({ url: file('f0007').path, mandatory: true, meta: { content_length: 7 } });
  await signal([file('f0003'), file('late')]);
  await after(31_000, handle, 2_401);
  expect(await ended(handle, 2)).toHaveLength(2);
});

test('what anybody may have typed is counted, and does no harm', async () => {
  define();
  const handle = await signal([{}, 7, null, file('a'), { path: 's3://other/a' }, `s3://raw/a/${DAY}/b`]);
  await handle.signal('newData');
  await handle.signal('newData', { files: 'all' });
  await after(31_000, handle, 2);
  expect((await ended(handle, 1)).map(keys)).toEqual([['a', 'b']]);
  expect(await progress(handle)).toMatchObject({ unmatched: 6 });
});

test.each([
  ['an interval that is none', 'newData', { interval: '2001-13-01' }, /"2001-13-01" is no day/],
  [
    'another ID',
    'newData',
    { interval: '2001-01-06' },
    /gathered by the workflow events\d+\/2001-01-06\/new-data/,
  ],
  [
    'unknown fields',
    'newData',
    { interval: DAY, intervall: DAY },
    /the workflow's input is wrong: .*intervall/,
  ],
])('%s fails the workflow at once', async (_, type, input, message) => {
  define();
  const handle = await world.client.workflow.start(type, {
    taskQueue: 'test',
    workflowId: newDataId(name, DAY),
    args: [{ pipeline: name, ...input }],
  });
  await expect(handle.result()).rejects.toMatchObject({
    cause: { type: 'Rejected', message: expect.stringMatching(message) },
  });
});

test('a pipeline without events gathers nothing', async () => {
  define([{}], { file: 'x.yaml' });
  const definition = world.definitions.get(name);
  delete definition?.events;
  await expect((await signal([file('a')])).result()).rejects.toMatchObject({
    cause: { message: 'x.yaml has no events; add where its new data lands' },
  });
});

test('cancelled, it stops the run that it started', async () => {
  define([{ settleMs: 0 }]);
  world.engine.behave = () => ({ status: 'running' });
  const handle = await signal([file('a')]);
  const run = world.client.workflow.getHandle(`${name}/${DAY}`);
  await world.until(run, ({ steps }) => steps[0]?.state === 'running');
  await handle.cancel();
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect((await run.describe()).status.name).toBe('CANCELLED');
});

test('whatever the order, and however often each is told, there is one run for each interval', async () => {
  define();
  const days = ['2001-01-05', '2001-01-06', '2001-01-07', '2001-01-08'];
  const files = days.flatMap((day) =>
    Array.from({ length: 40 }, (_, at) => ({
      path: `s3://raw/a/${day}/f${at}`,
      sequencer: `0${day.at(-1)}${at}`,
    })),
  );
  const told = shuffled([...files, ...shuffled(files).slice(0, Math.round(files.length * 0.43))]);
  const handles = new Map<string, WorkflowHandle>();
  for (let at = 0; at < told.length; at += 10) {
    for (const day of days) {
      const batch = told.slice(at, at + 10).filter(({ path }) => path.includes(day));
      if (batch.length > 0) handles.set(day, await signal(batch, day));
    }
  }
  for (const handle of handles.values()) await until(handle, (now) => now.files === 40);
  await world.skip(31_000);
  for (const [day, handle] of handles) {
    await until(handle, (now) => now.status === 'watching');
    const [run, ...others] = await runs(day);
    expect(others).toEqual([]);
    expect(run?.trigger?.files).toEqual(
      files.flatMap(({ path }) => (path.includes(day) ? [path] : [])).sort(),
    );
  }
});

/** Another order each time; a failure shows in the run's files. */
function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
