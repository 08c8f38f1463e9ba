import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { EtlError } from '../../src/domain/failure.ts';
import type { WorkState } from '../../src/ports.ts';
import { createWorld, sql, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld({ resets: true });
  world.stored.set('s3://out/a/part-0.parquet', 'rows');
});
afterAll(async () => world.close());

const FAILED: WorkState = { status: 'failed', message: 'no permission' };
const ONE = { query: 'select 1', expect: 'true', severity: 'fail' as const };
const copy = step('redshiftCopy', 'publish', {
  warehouse: 'analytics',
  from: { path: 's3://out/a/', format: 'parquet' },
  table: 'public.days',
  mode: 'upsert',
  uniqueKey: ['day'],
});

/** Starts the run's story anew from its first workflow task, as `temporal workflow reset` does. */
async function reset({ workflowId }: WorkflowHandle): Promise<WorkflowHandle> {
  const { runId } = await world.client.workflow.getHandle(workflowId).describe();
  const answer = await world.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    reason: 'a test',
    requestId: `reset ${runId}`,
    workflowTaskFinishEventId: 4 as never,
  });
  return world.client.workflow.getHandle(workflowId, answer.runId);
}

test('a job that had failed before a reset is submitted again, without using up `retry`', async () => {
  world.engine.behave = (nth) => (nth === 1 ? FAILED : { status: 'done' });
  const handle = await world.start([sql('a')]);
  await expect(handle.result()).rejects.toThrow();
  const again = await reset(handle);
  expect(await again.result()).toMatchObject({ status: 'done', steps: [{ attempt: 1 }] });
  expect(world.engine.submissions).toHaveLength(2);
});

test('what had failed to be published before a reset is staged and published after it', async () => {
  world.warehouse.behave = (statement) => (statement === 'publish' ? FAILED : { status: 'done' });
  const handle = await world.start([copy]);
  await expect(handle.result()).rejects.toThrow();
  expect(world.warehouse.done.filter((word) => word !== 'ledger')).toEqual(['stage', 'clean up']);

  world.warehouse.behave = () => ({ status: 'done' });
  const again = await reset(handle);
  expect(await again.result()).toMatchObject({ steps: [{ result: { alreadyLoaded: false } }] });
  expect(world.warehouse.done.slice(-2)).toEqual(['stage', 'publish']);
});

test('a statement is looked up where somebody may have had its key: after a reset, and not before', async () => {
  world.warehouse.behave = () => ({ status: 'done' });
  world.warehouse.lookedUp = [];
  const handle = await world.start([step('check', 'sane', { warehouse: 'analytics', expectations: [ONE] })]);
  await handle.result();
  expect(world.warehouse.lookedUp).toEqual([]);
  await (await reset(handle)).result();
  expect(world.warehouse.lookedUp).toEqual([expect.stringMatching(/^mr-/)]);
});

test('what was published before a reset is left alone after it, and no stage stays', async () => {
  world.warehouse.statements.clear();
  const handle = await world.start([copy]);
  await handle.result();
  // The ledger stops what comes second.
  world.warehouse.behave = (statement) => (statement === 'publish' ? FAILED : { status: 'done' });
  const again = await reset(handle);
  expect(await again.result()).toMatchObject({ steps: [{ result: { alreadyLoaded: true } }] });
  expect(world.warehouse.done.filter((word) => word === 'publish')).toHaveLength(1);
  expect(world.warehouse.done.at(-1)).toBe('clean up');
});

test('other files are published after a reset, though the old publication is found where the new one is sent', async () => {
  const { warehouse, stored } = world;
  warehouse.statements.clear();
  warehouse.behave = () => ({ status: 'done' });
  const handle = await world.start([copy]);
  await handle.result();
  stored.set('s3://out/a/part-0.parquet', 'other rows');
  // The first request for each batch is refused; each look at the ledger has a name of its own.
  const seen = new Set<string>();
  warehouse.onSubmit = (key) => {
    if (seen.has(key) || !/-[sp]\d$/.test(key)) return;
    seen.add(key);
    throw new EtlError('Unavailable', '503');
  };
  const again = await reset(handle);
  expect(await again.result()).toMatchObject({ steps: [{ result: { alreadyLoaded: false } }] });
  expect(warehouse.done.filter((word) => word === 'publish')).toHaveLength(2);
  warehouse.onSubmit = () => {};
});

test('a publication that still ran at a reset does not pass for one of other files', async () => {
  const { warehouse, stored } = world;
  warehouse.statements.clear();
  warehouse.behave = (word) => ({ status: word === 'publish' ? 'running' : 'done' });
  const handle = await world.start([copy]);
  await world.until(handle, ({ steps: [one] }) => (one?.detail ?? '').includes('waits for the publication'));
  stored.set('s3://out/a/part-0.parquet', 'yet other rows');
  const again = await reset(handle);
  await world.until(again, ({ steps: [one] }) => (one?.detail ?? '').includes('waits for the publication'));
  warehouse.behave = () => ({ status: 'done' });
  for (const statement of warehouse.statements.values()) statement.state = { status: 'done' };
  expect(await again.result()).toMatchObject({ steps: [{ result: { alreadyLoaded: false } }] });
  expect(warehouse.done.filter((word) => word === 'publish')).toHaveLength(2);
});

const activation = step('activateDataPipeline', 'export', { name: 'once', params: {} });

test('an activation that was done before a reset is not repeated after it', async () => {
  const handle = await world.start([activation]);
  const first = await handle.result();
  const again = await (await reset(handle)).result();
  expect(world.dataPipelines.activations).toHaveLength(1);
  expect(again).toMatchObject({
    steps: [{ result: { instances: [{ id: '@Export_1', status: 'FINISHED' }] } }],
  });
  expect(first).toMatchObject({ status: 'done' });
});

test('an activation that still ran at a reset is waited for, and not repeated', async () => {
  world.dataPipelines.activations = [];
  world.dataPipelines.instancesOf = [];
  world.dataPipelines.onActivate = () => (world.dataPipelines.instancesOf.at(-1)!.status = 'RUNNING');
  const handle = await world.start([activation]);
  await world.until(handle, () => world.dataPipelines.activations.length > 0);
  const again = await reset(handle);
  await world.until(again, ({ steps: [step] }) => (step?.detail ?? '').includes('another run activates'));
  world.dataPipelines.instancesOf[0]!.status = 'FINISHED';
  expect(await again.result()).toMatchObject({ status: 'done' });
  expect(world.dataPipelines.activations).toHaveLength(1);
});

test('an activation of another run is nothing to go by', async () => {
  world.dataPipelines.activations = [];
  world.dataPipelines.instancesOf = [];
  world.dataPipelines.onActivate = () => {};
  await (await world.start([activation])).result();
  await (await world.start([activation])).result();
  expect(world.dataPipelines.activations).toHaveLength(2);
});
