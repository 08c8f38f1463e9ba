import { describe, expect, test } from '@jest/globals';
import { EtlError } from '../../src/domain/failure.ts';
import { newDataId } from '../../src/domain/new-data.ts';
import { DAY, file, HOUR_MS, keys, NewDataWorld, progress, until } from './new-data-world.ts';

const on = new NewDataWorld();

describe('a pipeline that can’t be loaded', () => {
  const start = () =>
    on.world.client.workflow.start('newData', {
      taskQueue: 'test',
      workflowId: newDataId(on.name, DAY),
      args: [{ pipeline: on.name, interval: DAY }],
    });
  const breakIt = () => {
    on.define([{ settleMs: 0 }]);
    const definition = on.world.definitions.get(on.name);
    on.world.definitions.delete(on.name);
    return () => {
      if (definition) on.world.definitions.set(on.name, definition);
    };
  };

  test('is waited for by what a signal has brought', async () => {
    const mend = breakIt();
    const handle = await on.signal([file('a')]);
    const refused = await until(handle, (now) => now.detail !== 'reads the pipeline file');
    expect(refused).toMatchObject({
      status: 'gathering',
      detail: `until the pipeline can be loaded, and keeps what has come (1 files): no pipeline is called ${on.name}`,
    });
    await on.world.skip(HOUR_MS);
    expect(await progress(handle)).toMatchObject({ status: 'gathering' });
    mend();
    await on.world.skip(HOUR_MS);
    expect((await on.ended(handle, 1)).map(keys)).toEqual([['a']]);
  });

  test('is loaded again at once when more comes', async () => {
    const mend = breakIt();
    const handle = await on.signal([file('a')]);
    await until(handle, (now) => now.detail?.startsWith('until the pipeline') ?? false);
    await on.signal([file('b')]);
    await until(handle, (now) => now.detail?.includes('(2 files)') ?? false);
    mend();
    await on.signal([file('c')]);
    expect((await on.ended(handle, 1)).map(keys)).toEqual([['a', 'b', 'c']]);
  });

  test('without events is one', async () => {
    on.define([{ settleMs: 0 }], { file: 'x.yaml' });
    const definition = on.world.definitions.get(on.name);
    const { events } = definition ?? {};
    delete definition?.events;
    const words = 'x.yaml has no events; add where its new data lands';
    const byHand = await start();
    await expect(byHand.result()).rejects.toMatchObject({ cause: { type: 'Rejected', message: words } });
    const handle = await on.signal([file('a')]);
    await until(handle, (now) => now.detail?.endsWith(words) ?? false);
    if (definition && events) definition.events = events;
    await on.signal([]);
    await on.world.skip(HOUR_MS);
    expect((await on.ended(handle, 1)).map(keys)).toEqual([['a']]);
  });

  test('fails a gathering that nothing was brought to', async () => {
    breakIt();
    const handle = await start();
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'Rejected', message: `no pipeline is called ${on.name}` },
    });
  });
});

test('a store that refuses the names of the files is tried again', async () => {
  on.define([{ settleMs: 0, count: 1_200 }]);
  let refusals = 2;
  on.world.onWrite = (path) => {
    if (path.includes('/new-data/') && (refusals -= 1) >= 0) throw new EtlError('Rejected', 'access denied');
  };
  try {
    const handle = await on.signal(Array.from({ length: 1_200 }, (_, at) => file(`f${at}`)));
    const [run] = await on.ended(handle, 1);
    expect(run?.trigger?.manifest).toBe(`s3://state/new-data/${on.name}/${DAY}/manifest-0.json`);
    expect(refusals).toBeLessThan(0);
  } finally {
    on.world.onWrite = () => {};
  }
});
