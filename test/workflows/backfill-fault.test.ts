import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { WorkflowFailedError } from '@temporalio/client';
import { EtlError } from '../../src/domain/failure.ts';
import { followBackfill } from '../../src/cli/backfill/follow.ts';
import { reportLines } from '../../src/cli/backfill/report.ts';
import { startBackfill, until } from './backfill-world.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let name: string;
let count = 0;

beforeAll(async () => {
  world = await createWorld({ resets: true });
});
afterAll(async () => world.close());
beforeEach(() => {
  name = `broken${(count += 1)}`;
  world.define(name);
  world.onLoad = async () => {};
  world.engine.behave = () => ({ status: 'done' });
});

const start = (input: Parameters<typeof startBackfill>[2]) => startBackfill(world, name, input);

const follow = () => followBackfill(world.client, `${name}/backfill`, false);

test('a file that is broken when the next intervals are due: the open runs end, and the report says why', async () => {
  let loads = 0;
  world.onLoad = async () => {
    // The backfill reads it twice, and one run may open.
    if ((loads += 1) > 3) throw new EtlError('Rejected', 'days.yaml:3:1: no such step kind');
  };
  world.engine.behave = () => ({ status: 'running' });
  // The second chunk begins after 200 days.
  const handle = await start({ from: '2001-01-01', to: '2001-07-21', concurrency: 4 });
  const { running } = await until(
    handle,
    ({ fault, running }) => fault !== undefined && running.length === 1,
  );
  const open = world.client.workflow.getHandle(`${name}/${running[0]}`);
  await world.until(open, ({ steps }) => steps[0]?.detail?.includes('job-') ?? false);
  for (const { ref } of world.engine.jobs.values()) world.engine.end(ref.id, { status: 'done' });

  const report = await follow();
  expect(report).toMatchObject({
    status: 'failed',
    total: 202,
    done: 1,
    failed: 199,
    running: [],
    fault: { type: 'Rejected', message: expect.stringContaining('days.yaml:3:1') },
  });
  // By these a later backfill with `--failed` finds them.
  const failed = (await world.records.list(name)).filter(({ status }) => status === 'failed');
  expect(failed).toHaveLength(199);
  expect(reportLines(report)).toContain('days.yaml:3:1');
  const error = await handle.result().catch((failure: unknown) => failure);
  expect((error as WorkflowFailedError).cause?.message).toContain('days.yaml:3:1');
});

test('what is refused at once is told with its reason', async () => {
  await start({ from: '2001-01-01', to: '2001-01-02', concurrency: 300 });
  await expect(follow()).rejects.toMatchObject({
    type: 'Rejected',
    message: expect.stringContaining('concurrency'),
    exitCode: 1,
  });
});
