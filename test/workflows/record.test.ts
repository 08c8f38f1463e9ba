import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { EtlError } from '../../src/domain/failure.ts';
import { createWorld, sql, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  world.engine.behave = () => ({ status: 'done' });
  world.onWrite = () => {};
});

const recordOf = (id: string) => world.records.read(id.split('/')[0] ?? '', '2001-01-05');

test('a run that is done leaves a record of its steps, rows and times', async () => {
  const handle = await world.start([sql('a'), sql('b', { when: 'steps.a.rows > 100' })]);
  await handle.result();
  const { runId } = await handle.describe();
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(await recordOf(handle.workflowId)).toEqual({
    workflowId: handle.workflowId,
    runId,
    pipeline: handle.workflowId.split('/')[0],
    interval: '2001-01-05',
    status: 'done',
    trigger: 'run',
    startedAt: time,
    endedAt: time,
    from: '2001-01-05T00:00:00Z',
    to: '2001-01-06T00:00:00Z',
    params: {},
    manifest: null,
    steps: [
      { id: 'a', kind: 'sql', state: 'done', attempts: 1, rows: 7, startedAt: time, endedAt: time },
      { id: 'b', kind: 'sql', state: 'skipped', attempts: 0, rows: null, startedAt: null, endedAt: null },
    ],
    failure: null,
  });
});

test('a run that failed leaves a record, after onFailure', async () => {
  world.engine.behave = () => ({ status: 'failed', message: 'no such column' });
  const onFailure = [step('notify', 'tell', { webhook: 'oncall', message: 'oh' })];
  const handle = await world.start([sql('a')], { onFailure });
  await handle.result().catch(() => {});
  expect(await recordOf(handle.workflowId)).toMatchObject({
    status: 'failed',
    failure: { step: 'a', type: 'JobFailed', message: 'no such column' },
    steps: [
      { id: 'a', state: 'failed', startedAt: expect.any(String), endedAt: expect.any(String) },
      { id: 'tell', state: 'done' },
    ],
  });
});

test('a cancelled run leaves a record, once its job is stopped', async () => {
  world.engine.behave = () => ({ status: 'running' });
  const handle = await world.start([sql('a')]);
  await world.until(handle, (now) => now.steps[0]?.detail?.includes('job-') ?? false);
  await handle.cancel();
  await handle.result().catch(() => {});
  expect(await recordOf(handle.workflowId)).toMatchObject({
    status: 'cancelled',
    steps: [{ id: 'a', state: 'cancelled' }],
    failure: null,
  });
});

test('a record that cannot be written is tried again, and changes nothing of what the run came to', async () => {
  let times = 0;
  world.onWrite = () => {
    times += 1;
    if (times < 3) throw new EtlError('Unavailable', 'S3 is away');
  };
  const late = await world.start([sql('a')]);
  expect(await late.result()).toMatchObject({ status: 'done' });
  expect(await recordOf(late.workflowId)).toMatchObject({ status: 'done' });

  world.onWrite = () => {
    throw new EtlError('Rejected', 'no permission');
  };
  const never = await world.start([sql('a')]);
  expect(await never.result()).toMatchObject({ status: 'done' });
  expect(await recordOf(never.workflowId)).toBeUndefined();
});
