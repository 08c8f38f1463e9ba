import { describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { EtlError } from '../../src/domain/failure.ts';
import { newDataId } from '../../src/domain/new-data.ts';
import { DAY, file, HOUR_MS, keys, NewDataWorld, progress, until } from './new-data-world.ts';

const on = new NewDataWorld();

describe('new data is complete', () => {
  test('when nothing new has come for long enough: then the run starts, once, with all files', async () => {
    on.define();
    const handle = await on.signal([file('b', { sequencer: '0A' })]);
    await on.after(20_000, handle, 1);
    await on.signal([file('a', { sequencer: '0B' }), file('c')]);
    await on.after(20_000, handle, 3);
    // What is known, or older, is nothing new, and does not make it wait.
    await on.signal([file('b', { sequencer: '0A' }), file('a', { sequencer: '0A8' }), file('c')]);
    await until(handle, (now) => now.duplicates === 3);
    expect(await progress(handle)).toMatchObject({ status: 'gathering', runs: 0 });
    await on.world.skip(11_000);
    const [run, ...others] = await on.ended(handle, 1);
    expect(others).toEqual([]);
    expect(run).toMatchObject({ pipeline: on.name, interval: DAY, trigger: { kind: 'event' } });
    expect(run && keys(run)).toEqual(['a', 'b', 'c']);
  });

  test('when there are so many files, each counted once', async () => {
    on.define([{ count: 3, settleMs: 0 }]);
    const handle = await on.signal([file('a'), file('a'), file('_SUCCESS'), file('b')]);
    await on.after(HOUR_MS, handle, 2);
    expect(await progress(handle)).toMatchObject({ status: 'gathering', detail: 'for 1 more of a/{date}/' });
    await on.signal([file('c')]);
    expect((await on.ended(handle, 1)).map(keys)).toEqual([['a', 'b', 'c']]);
  });

  test('when its marker is there, even if that comes first', async () => {
    on.define([{ marker: '_SUCCESS', settleMs: 5_000 }]);
    const handle = await on.signal([file('a')]);
    await on.after(HOUR_MS, handle, 1);
    expect(await progress(handle)).toMatchObject({ detail: 'for _SUCCESS beside a/{date}/', runs: 0 });
    await on.signal([file('_SUCCESS')]);
    await on.signal([file('b'), file('_SUCCESS')]);
    await on.after(6_000, handle, 2);
    expect((await on.ended(handle, 1)).map(keys)).toEqual([['a', 'b']]);
  });

  test('when all entries are complete', async () => {
    on.define([
      { settleMs: 1_000 },
      { prefix: 'b/', path: 'b/{date}/', marker: 'manifest-*.json', settleMs: 0 },
    ]);
    const handle = await on.signal([file('a')]);
    await on.after(HOUR_MS, handle, 1);
    expect(await progress(handle)).toMatchObject({ status: 'gathering' });
    await on.signal([{ path: `s3://raw/b/${DAY}/x` }, { path: `s3://raw/b/${DAY}/manifest-7.json` }]);
    await on.after(1_000, handle, 2);
    expect(await on.ended(handle, 1)).toHaveLength(1);
  });

  test('when somebody says so', async () => {
    on.define([{ count: 24, settleMs: 0 }]);
    const handle = await on.signal([file('a')]);
    await until(handle, (now) => now.files === 1);
    await handle.signal('complete');
    expect((await on.ended(handle, 1)).map(keys)).toEqual([['a']]);
  });
});

test('of more files than a history should hold there is a manifest', async () => {
  on.define();
  const many = Array.from({ length: 2_400 }, (_, at) =>
    file(`f${String(at).padStart(4, '0')}`, { bytes: at }),
  );
  const handle = await on.signal(many.slice(0, 900));
  await on.signal(many.slice(600, 1_800));
  await on.signal([...many.slice(1_500), ...many.slice(0, 50)]);
  await on.after(31_000, handle, 2_400);
  expect(await progress(handle)).toMatchObject({ duplicates: 900 - 600 + 300 + 50 });
  const [run] = await on.ended(handle, 1);
  const manifest = `s3://state/new-data/${on.name}/${DAY}/manifest-0.json`;
  expect(run?.trigger).toEqual({ kind: 'event', manifest });
  const { entries } = JSON.parse(on.world.stored.get(manifest) ?? '') as { entries: object[] };
  expect(entries).toHaveLength(2_400);
  expect(entries[7]).toEqual({ url: file('f0007').path, mandatory: true, meta: { content_length: 7 } });
  await on.signal([file('f0003'), file('late')]);
  await on.after(31_000, handle, 2_401);
  expect(await on.ended(handle, 2)).toHaveLength(2);
});

test('what anybody may have typed is counted, and does no harm', async () => {
  on.define();
  const handle = await on.signal([{}, 7, null, file('a'), { path: 's3://other/a' }, `s3://raw/a/${DAY}/b`]);
  await handle.signal('newData');
  await handle.signal('newData', { files: 'all' });
  await on.after(31_000, handle, 2);
  expect((await on.ended(handle, 1)).map(keys)).toEqual([['a', 'b']]);
  expect(await progress(handle)).toMatchObject({ unmatched: 6 });
});

test('what is of another interval is none of this one’s', async () => {
  on.define([{ settleMs: 0 }]);
  const handle = await on.signal([{ path: 's3://raw/a/2001-01-07/x' }]);
  await until(handle, (now) => now.unmatched === 1);
  expect(await progress(handle)).toMatchObject({ status: 'gathering', files: 0 });
  await on.signal([file('a'), { path: 's3://raw/a/2001-01-06/y' }]);
  expect((await on.ended(handle, 1)).map(keys)).toEqual([['a']]);
});

test.each([
  ['an interval that is none', '2001-13-01', { interval: '2001-13-01' }, /"2001-13-01" is no day/],
  ['another ID', DAY, { interval: '2001-01-06' }, /gathered by the workflow events\d+\/2001-01-06\/new-data/],
  ['unknown fields', DAY, { interval: DAY, intervall: DAY }, /the workflow's input is wrong: .*intervall/],
])('%s fails the workflow at once', async (_, interval, input, message) => {
  on.define();
  const handle = await on.world.client.workflow.start('newData', {
    taskQueue: 'test',
    workflowId: newDataId(on.name, interval),
    args: [{ pipeline: on.name, ...input }],
  });
  await expect(handle.result()).rejects.toMatchObject({
    cause: { type: 'Rejected', message: expect.stringMatching(message) },
  });
});

test.each([
  ['another ID', { interval: '2001-01-06' }],
  ['unknown fields', { interval: DAY, intervall: DAY }],
])('%s fails it at once, whatever came with it', async (_, input) => {
  on.define();
  const handle = await on.world.client.workflow.signalWithStart('newData', {
    taskQueue: 'test',
    workflowId: newDataId(on.name, DAY),
    args: [{ pipeline: on.name, ...input }],
    signal: 'newData',
    signalArgs: [{ files: [file('a')] }],
  });
  await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'Rejected' } });
});

test('the pipeline file is read at once, and again for as long as it can’t be read', async () => {
  on.define([{ settleMs: 0 }]);
  const opened = await openings(await on.signal([file('a')]));
  expect(opened).toEqual({ atOnce: 1, tries: 0 });

  on.define([{ settleMs: 0 }]);
  let failures = 3;
  on.world.onLoad = async () => {
    if (failures > 0) throw new EtlError('Unavailable', `${(failures -= 1)} more`);
  };
  try {
    const handle = await on.signal([file('a')]);
    await until(handle, (now) => now.detail === 'reads the pipeline file');
    expect(await openings(handle)).toEqual({ atOnce: 1, tries: 3 });
  } finally {
    on.world.onLoad = async () => {};
  }
});

test('cancelled, it stops the run that it started', async () => {
  on.define([{ settleMs: 0 }]);
  on.world.engine.behave = () => ({ status: 'running' });
  const handle = await on.signal([file('a')]);
  const run = on.run();
  await on.world.until(run, ({ steps }) => steps[0]?.state === 'running');
  await handle.cancel();
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect((await run.describe()).status.name).toBe('CANCELLED');
});

test('whatever the order, and however often each is told, there is one run for each interval', async () => {
  on.define();
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
      if (batch.length > 0) handles.set(day, await on.signal(batch, day));
    }
  }
  for (const handle of handles.values()) await until(handle, (now) => now.files === 40);
  await on.world.skip(31_000);
  for (const [day, handle] of handles) {
    await until(handle, (now) => now.status === 'watching');
    const [run, ...others] = await on.runs(day);
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

/** How often the pipeline file was read before the run started, and how. */
async function openings(handle: WorkflowHandle) {
  await on.ended(handle, 1);
  const { events } = await handle.fetchHistory();
  const started = events?.find(
    ({ activityTaskStartedEventAttributes }) => activityTaskStartedEventAttributes,
  );
  return {
    atOnce: events?.filter(({ markerRecordedEventAttributes }) => markerRecordedEventAttributes).length,
    tries: started?.activityTaskStartedEventAttributes?.attempt ?? 0,
  };
}
