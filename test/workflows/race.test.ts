import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { Definition } from '../../src/domain/definition.ts';
import type { ScheduleDefinition } from '../../src/domain/schedule.ts';
import { parseCron } from '../../src/domain/schedule-calendar.ts';
import { intervalsOf } from '../../src/domain/schedule-ticks.ts';
import { newDataId } from '../../src/domain/new-data.ts';
import type { RunResult } from '../../src/domain/run.ts';
import { Schedules } from '../../src/triggers/schedules.ts';
import { createWorld, sql, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld({ resets: true });
});
afterAll(async () => world.close());

const definitionOf = (name: string): Definition => ({
  name,
  file: 'x.yaml',
  covers: 'day',
  timezone: 'UTC',
  schedule: {
    timezone: 'UTC',
    covers: 'day',
    entries: [{ params: {}, calendars: [parseCron('30 2 * * *')], periods: [] }],
    overlap: 'allow-all',
    catchupWindowMs: 60_000,
    jitterMs: 0,
    pauseOnFailure: false,
  },
  events: [
    {
      bucket: 'raw',
      prefix: '',
      path: '{date}/',
      settleMs: 0,
      lateSettleMs: 0,
      late: 'rerun',
      lateWindowMs: 1_000,
    },
  ],
  params: {},
  steps: [sql('a')],
  onFailure: [],
});

/** Everything that can start a run of the newest day, all at once. Gives the workflows that wait for it. */
async function startAll(definition: Definition, interval: string) {
  const { name } = definition;
  const { client } = world;
  const input = { pipeline: name, interval };
  const underOtherIds = ['run', 'schedule', 'event', 'backfill', 'pipeline'].map((kind) =>
    client.workflow.start('pipeline', {
      taskQueue: 'test',
      workflowId: `${name}-by-${kind}`,
      args: [{ ...input, trigger: { kind } }],
    }),
  );
  const backfill = client.workflow.start('backfill', {
    taskQueue: 'test',
    workflowId: `${name}/backfill`,
    args: [{ pipeline: name, from: interval, to: interval }],
  });
  const direct = [1, 2].map(() =>
    client.workflow.start('pipeline', {
      taskQueue: 'test',
      workflowId: `${name}/${interval}`,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [input],
    }),
  );
  const schedule = client.schedule.getHandle(name);
  // A step of another pipeline.
  world.definitions.set(`${name}-parent`, {
    ...definitionOf(`${name}-parent`),
    steps: [step('pipeline', 'sub', { name, interval })],
  });
  const parent = client.workflow.start('pipeline', {
    taskQueue: 'test',
    workflowId: `${name}-parent/${interval}`,
    args: [{ pipeline: `${name}-parent` }],
  });
  const newData = client.workflow.signalWithStart('newData', {
    taskQueue: 'test',
    workflowId: newDataId(name, interval),
    args: [input],
    signal: 'newData',
    // Written before any run began, which has seen it then, whoever started it.
    signalArgs: [{ files: [{ path: `s3://raw/${interval}/a`, at: '2001-01-01T00:00:00Z' }] }],
  });
  const started = [...underOtherIds, backfill, parent, ...direct];
  const [handles, gathering] = await Promise.all([Promise.all(started), newData, schedule.trigger()]);
  return { handles, gathering };
}

const waits = async (handle: WorkflowHandle): Promise<boolean> =>
  (await handle.describe()).raw.pendingActivities?.some(
    ({ activityType }) => activityType?.name === 'awaitRun',
  ) ?? false;

const ticksOf = async (name: string) => {
  const { info } = await world.client.schedule.getHandle(name).describe();
  return info.recentActions.map(({ action }) => action.workflow);
};

test('whatever starts a run of an interval, and all of it at once, there is one run and one job', async () => {
  const definition = definitionOf('raced');
  world.definitions.set('raced', definition);
  const schedules = new Schedules(world.client, 'test');
  await schedules.apply(await schedules.plan([definition], { prune: false }), [definition]);
  world.engine.behave = () => ({ status: 'running' });
  const before = world.engine.submissions.length;
  const interval = intervalsOf(definition).newest(new Date()).id;
  const { handles, gathering } = await startAll(definition, interval);

  const run = world.client.workflow.getHandle(`raced/${interval}`);
  await world.until(run, ({ steps }) => steps[0]?.state === 'running');
  let ticks = await ticksOf('raced');
  while (ticks.length < 1) ticks = await ticksOf('raced');
  const waiting = [...handles, ...ticks.map(({ workflowId }) => world.client.workflow.getHandle(workflowId))];
  // All have found it before it ends: what a person starts after that runs it again.
  const joined = waiting.filter(({ workflowId }) => !workflowId.startsWith('raced/'));
  for (const handle of joined) while (!(await waits(handle)));
  for (const { ref } of world.engine.jobs.values()) world.engine.end(ref.id, { status: 'done' });
  const results = (await Promise.all(waiting.map((handle) => handle.result()))) as RunResult[];

  expect(results.map(({ status }) => status)).toEqual(results.map(() => 'done'));
  expect(await gathering.result()).toMatchObject({ status: 'done', files: 1, late: { count: 0 } });
  expect(world.engine.submissions.length - before).toBe(1);
  // Those that come by themselves and come late leave the interval alone.
  const { runId } = await run.describe();
  await Promise.all(
    ['schedule', 'event', 'backfill'].map(async (kind) =>
      (
        await world.client.workflow.start('pipeline', {
          taskQueue: 'test',
          workflowId: `raced-late-${kind}`,
          args: [{ pipeline: 'raced', interval, trigger: { kind } }],
        })
      ).result(),
    ),
  );
  expect((await run.describe()).runId).toBe(runId);
  expect(world.engine.submissions.length - before).toBe(1);
});

test('ticks that race for an interval whose run ends at once run it once', async () => {
  const definition = { ...definitionOf('quick'), steps: [] };
  world.definitions.set('quick', definition);
  for (let day = 1; day <= 9; day += 1) {
    const interval = `2001-01-0${day}`;
    const start = (n: number) =>
      world.client.workflow.execute('pipeline', {
        taskQueue: 'test',
        workflowId: `quick-${day}-${n}`,
        args: [{ pipeline: 'quick', interval, trigger: { kind: 'schedule' } }],
      });
    await Promise.all([1, 2, 3, 4, 5].map(start));
    const runs = [];
    // The list is behind for a moment: the newest run must be the first.
    const { raw } = await world.client.workflow.getHandle(`quick/${interval}`).describe();
    const { execution, firstRunId } = raw.workflowExecutionInfo ?? {};
    expect(execution?.runId).toBe(firstRunId);
    for await (const info of world.client.workflow.list({ query: `WorkflowId = "quick/${interval}"` }))
      runs.push(info);
    expect(runs.length).toBeLessThanOrEqual(1);
  }
});

test('a run of --cron goes by the time that it was due, not by that of its start', async () => {
  const everySecond: ScheduleDefinition = {
    ...{ timezone: 'UTC', covers: 'tick', overlap: 'skip', catchupWindowMs: 60_000, jitterMs: 0 },
    entries: [{ params: {}, calendars: [], periods: [{ everyMs: 1_000, offsetMs: 0 }] }],
    pauseOnFailure: false,
  };
  const definition = definitionOf('cronned');
  world.definitions.set('cronned', { ...definition, covers: 'tick', schedule: everySecond, steps: [] });
  const handle = await world.client.workflow.start('pipeline', {
    taskQueue: 'test',
    workflowId: 'by-cron',
    cronSchedule: '@every 3s',
    args: [{ pipeline: 'cronned' }],
  });
  const { raw } = await world.client.workflow.getHandle('by-cron', handle.firstExecutionRunId).describe();
  const { startTime, executionTime } = raw.workflowExecutionInfo ?? {};
  expect(Number(executionTime?.seconds)).toBeGreaterThan(Number(startTime?.seconds));
  const due = new Date(Number(executionTime?.seconds) * 1_000).toISOString().replace('.000Z', 'Z');
  const run = world.client.workflow.getHandle(`cronned/${due}`);
  let description = await run.describe().catch(() => undefined);
  while (!description?.memo?.['trigger']) description = await run.describe().catch(() => undefined);
  await handle.terminate();
  expect(description.memo['trigger']).toBe('schedule');
});
