import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { createWorld, sql, type World } from './world.ts';

let world: World;
let done: string;
let failed: string;

// On the development server, which can be told to forget a workflow as the end of the retention would. It takes its time.
beforeAll(async () => {
  world = await createWorld({ resets: true });
  const well = await world.start([sql('a')]);
  await well.result();
  world.engine.behave = () => ({ status: 'failed', message: 'no' });
  const badly = await world.start([sql('a')]);
  await badly.result().catch(() => {});
  world.engine.behave = () => ({ status: 'done' });
  [done = '', failed = ''] = [well, badly].map(({ workflowId }) => workflowId.split('/')[0]);
  await Promise.all([well, badly].map(forget));
});
afterAll(async () => world.close());

async function forget(handle: WorkflowHandle): Promise<void> {
  const { client } = world;
  const { workflowId } = handle;
  await client.workflowService.deleteWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
  });
  for (;;) {
    const known = await handle.describe().catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
    if (!known) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What a trigger of that kind gets for the interval, and how many jobs that took. */
async function asks(pipeline: string, kind: string) {
  const before = world.engine.submissions.length;
  const input = { pipeline, interval: '2001-01-05', trigger: { kind } };
  const handle = await world.client.workflow.start('pipeline', {
    taskQueue: 'test',
    workflowId: `${kind} of ${pipeline}`,
    args: [input],
  });
  return { result: await handle.result(), jobs: world.engine.submissions.length - before };
}

test('an interval that was done before Temporal forgot it is not run again, but by a person', async () => {
  for (const kind of ['schedule', 'event', 'backfill']) {
    expect(await asks(done, kind)).toMatchObject({
      jobs: 0,
      result: {
        status: 'done',
        interval: '2001-01-05',
        steps: [{ id: 'a', state: 'done', result: { rows: 7 } }],
      },
    });
  }
  expect(await asks(done, 'run')).toMatchObject({ jobs: 1, result: { status: 'done' } });
});

test('an interval that had failed is run again', async () => {
  expect(await asks(failed, 'schedule')).toMatchObject({ jobs: 1, result: { status: 'done' } });
});
