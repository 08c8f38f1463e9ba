import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newDataId, type NewDataProgress } from '../../src/domain/new-data.ts';
import { createWorld, type World } from './world.ts';

let world: World;

// A small history suggests a new run early.
beforeAll(async () => {
  world = await createWorld({ resets: true, settings: ['limit.historyCount.suggestContinueAsNew=40'] });
});
afterAll(async () => world.close());

test('hands on to new runs of itself while data comes and while its run is open, and loses nothing', async () => {
  world.define('long', {
    events: [
      {
        bucket: 'raw',
        prefix: '',
        path: '{date}/',
        count: 100,
        settleMs: 0,
        lateSettleMs: 500,
        late: 'rerun',
        lateWindowMs: 3_600_000,
      },
    ],
  });
  let isHeld = true;
  world.engine.behave = () => ({ status: isHeld ? 'running' : 'done' });
  const send = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, at) =>
        world.client.workflow.signalWithStart('newData', {
          taskQueue: 'test',
          workflowId: newDataId('long', '2001-01-05'),
          args: [{ pipeline: 'long', interval: '2001-01-05' }],
          signal: 'newData',
          signalArgs: [{ files: [{ path: `s3://raw/2001-01-05/f${from + at}` }] }],
        }),
      ),
    );
  const handle = world.client.workflow.getHandle(newDataId('long', '2001-01-05'));
  const until = async (holds: (progress: NewDataProgress) => boolean) => {
    for (const givenUpAt = Date.now() + 50_000; Date.now() < givenUpAt;) {
      const now = await handle.query<NewDataProgress>('progress').catch(() => undefined);
      if (now && holds(now)) return now;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('what the test waits for did not happen');
  };

  for (let from = 0; from < 100; from += 10) await send(from, from + 10);
  await until(({ status }) => status === 'running');
  for (let from = 90; from < 200; from += 10) await send(from, from + 10);
  await until(({ files }) => files === 200);
  isHeld = false;
  for (const { ref } of world.engine.jobs.values()) world.engine.end(ref.id, { status: 'done' });
  expect(await until(({ runs, status }) => runs === 2 && status === 'watching')).toMatchObject({
    files: 200,
    duplicates: 10,
    late: { count: 0 },
  });
  const { raw } = await handle.describe();
  expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(raw.workflowExecutionInfo?.execution?.runId);
  expect(await world.records.list('long')).toHaveLength(2);
});
