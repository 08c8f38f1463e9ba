import { describe, expect, test } from '@jest/globals';
import { DAY, file, HOUR_MS, keys, NewDataWorld, progress, until } from './new-data-world.ts';

const on = new NewDataWorld();

describe('files that come late', () => {
  test('while the run is open cause one rerun, after it has ended', async () => {
    on.define();
    on.world.engine.behave = () => ({ status: 'running' });
    const handle = await on.signal([file('a')]);
    await on.after(31_000, handle, 1);
    await until(handle, (now) => now.status === 'running');
    await on.signal([file('b')]);
    await on.signal([file('b'), file('c'), file('a')]);
    await on.after(10_000, handle, 3);
    expect(await progress(handle)).toMatchObject({ status: 'running', runs: 1 });
    on.world.engine.behave = () => ({ status: 'done' });
    await on.world.until(on.run(), ({ steps }) => steps[0]?.state === 'running');
    for (const { ref } of on.world.engine.jobs.values()) on.world.engine.end(ref.id, { status: 'done' });
    await until(handle, (now) => now.status === 'watching' || now.runs === 2);
    await on.world.skip(31_000);
    const all = await on.ended(handle, 2);
    expect(all.map(keys)).toEqual([['a'], ['a', 'b', 'c']]);
    // What is known causes nothing.
    await on.signal([file('c')]);
    await on.world.skip(HOUR_MS);
    expect(await on.runs()).toHaveLength(2);
  });

  test('within the window cause a rerun each time that they have settled, and none after it', async () => {
    on.define();
    const handle = await on.signal([file('a')]);
    await on.after(31_000, handle, 1);
    await on.ended(handle, 1);
    await on.signal([file('b')]);
    await on.after(20_000, handle, 2);
    await on.signal([file('c')]);
    await on.after(20_000, handle, 3);
    expect(await on.runs()).toHaveLength(1);
    await on.world.skip(11_000);
    expect(await on.ended(handle, 2)).toHaveLength(2);
    // Written again: news, although the path is known.
    await on.signal([file('a', { version: 'v2' })]);
    await until(handle, (now) => now.duplicates === 0 && now.detail === 'until no more late files come');
    await on.world.skip(31_000);
    expect((await on.ended(handle, 3)).map(keys)).toEqual([['a'], ['a', 'b', 'c'], ['a', 'b', 'c']]);
    await on.world.skip(25 * HOUR_MS);
    expect(await handle.result()).toMatchObject({ status: 'done', files: 3, runs: 3, late: { count: 0 } });
    // A workflow of its own, which sees that the interval is done; its window is over.
    on.world.stored.clear();
    const again = await on.signal([file('d', { at: '2001-01-01T00:00:00Z' })]);
    await on.after(31_000, again, 1);
    await until(again, (now) => now.status === 'watching' || now.status === 'done');
    expect(await progress(again)).toMatchObject({ runs: 0 });
  });

  test('are only told of where the file says so', async () => {
    on.define([{ late: 'report' }]);
    const handle = await on.signal([file('a')]);
    await on.after(31_000, handle, 1);
    await on.ended(handle, 1);
    await on.signal([file('b'), file('a')]);
    await on.after(HOUR_MS, handle, 2);
    expect(await progress(handle)).toMatchObject({
      status: 'watching',
      runs: 1,
      late: { count: 1, files: [`s3://raw/a/${DAY}/b`] },
    });
    expect(await on.runs()).toHaveLength(1);
  });
});

describe('an interval that somebody else ran', () => {
  const runIt = async (): Promise<void> => {
    const run = await on.world.client.workflow.start('pipeline', {
      taskQueue: 'test',
      workflowId: `${on.name}/${DAY}`,
      args: [{ pipeline: on.name, interval: DAY }],
    });
    await run.result();
  };

  test('is left alone for data that was there before', async () => {
    on.define();
    await runIt();
    const handle = await on.signal([file('a', { at: '2001-01-06T00:00:00Z' })]);
    await on.after(31_000, handle, 1);
    await until(handle, (now) => now.status === 'watching');
    expect(await on.runs()).toHaveLength(1);
  });

  test('is run again for data that was written since it began, however little of it comes', async () => {
    on.define([
      { count: 24, settleMs: 0 },
      { prefix: 'b/', path: 'b/{date}/', marker: '_SUCCESS' },
    ]);
    await runIt();
    const handle = await on.signal([file('a')]);
    await until(handle, (now) => now.detail === 'until no more late files come');
    // It comes late itself, and tells of what was there before.
    await on.signal([file('b', { at: '2001-01-06T00:00:00Z' })]);
    await on.after(31_000, handle, 2);
    expect((await on.ended(handle, 1)).map(({ trigger }) => trigger)).toEqual([
      undefined,
      { kind: 'event', partial: true, files: [file('a').path, file('b').path] },
    ]);
  });

  test('has a time that can’t be read for none', async () => {
    on.define([{ late: 'report' }]);
    await runIt();
    const handle = await on.signal([file('a', { at: 'yesterday' }), file('b', { at: '2001-01-06 early' })]);
    await until(handle, (now) => now.files === 2 && now.late.count === 2);
    // Without a zone it is UTC, wherever the worker is.
    await on.signal([file('c', { at: '2001-01-06T00:00:00' })]);
    await until(handle, (now) => now.files === 3);
    expect(await progress(handle)).toMatchObject({ late: { count: 2 }, runs: 0 });
  });

  test('is left alone after the window, and the data is told of', async () => {
    on.define([{ count: 24 }]);
    await runIt();
    await on.world.skip(25 * HOUR_MS);
    const handle = await on.signal([file('a'), file('b', { at: '2001-01-06T00:00:00Z' })]);
    expect(await handle.result()).toMatchObject({
      status: 'done',
      files: 2,
      runs: 0,
      late: { count: 1, files: [file('a').path] },
    });
    expect(await on.runs()).toHaveLength(1);
  });

  test('has seen what was written before it began, although that is told when the run has ended', async () => {
    on.define();
    const run = await on.world.client.workflow.start('pipeline', {
      taskQueue: 'test',
      workflowId: `${on.name}/${DAY}`,
      args: [{ pipeline: on.name, interval: DAY }],
    });
    const early = { at: '2001-01-06T00:00:00Z' };
    const handle = await on.signal([file('a', early)]);
    await run.result();
    await on.after(31_000, handle, 1);
    await until(handle, (now) => now.status === 'watching');
    await on.signal([file('b', early)]);
    await until(handle, (now) => now.files === 2);
    expect(await progress(handle)).toMatchObject({
      late: { count: 0 },
      detail: expect.stringMatching(/^for late files until/),
    });
    await on.world.skip(HOUR_MS);
    expect(await on.runs()).toHaveLength(1);
  });
});
