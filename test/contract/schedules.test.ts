import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Definition, Json } from '../../src/domain/definition.ts';
import type { ScheduleDefinition, ScheduleEntry } from '../../src/domain/schedule.ts';
import { parseCron } from '../../src/domain/schedule-calendar.ts';
import { Schedules, type SchedulePlan } from '../../src/triggers/schedules.ts';
import { startTemporal } from './temporal.ts';

let env: TestWorkflowEnvironment;
let schedules: Schedules;
let name: string;
let count = 0;

beforeAll(async () => {
  env = await startTemporal();
});
afterAll(async () => env.teardown());
beforeEach(() => {
  name = `nightly${(count += 1)}`;
  // A task queue of its own: what other tests made is not ours.
  schedules = new Schedules(env.client, `queue-${name}`);
});

const scheduleOf = (more: Partial<ScheduleDefinition> = {}): ScheduleDefinition => ({
  timezone: 'America/New_York',
  covers: 'day',
  entries: [{ params: {}, calendars: [parseCron('30 2 * * *')], periods: [] }],
  overlap: 'buffer-all',
  catchupWindowMs: 365 * 86_400_000,
  jitterMs: 0,
  pauseOnFailure: false,
  ...more,
});

const pipeline = (schedule?: ScheduleDefinition, as = name): Definition => ({
  name: as,
  file: `${as}.yaml`,
  covers: 'day',
  timezone: 'UTC',
  ...(schedule && { schedule }),
  params: {},
  steps: [],
  onFailure: [],
});

async function apply(definitions: Definition[], prune = false): Promise<SchedulePlan> {
  const plan = await schedules.plan(definitions, { prune });
  await schedules.apply(plan, definitions);
  return plan;
}

const nothing: SchedulePlan = { changes: [], foreign: [] };
const described = (id = name) => env.client.schedule.getHandle(id).describe();

/** The list of schedules is behind for a moment. */
async function untilListed(ids: string[]): Promise<void> {
  for (const missing = new Set(ids); missing.size > 0;) {
    const seen = new Set<string>();
    for await (const { scheduleId } of env.client.schedule.list()) seen.add(scheduleId);
    for (const id of missing) if (seen.has(id)) missing.delete(id);
  }
}

test('a schedule is made as the file has it, and applying again changes nothing', async () => {
  const definitions = [
    pipeline(
      scheduleOf({
        entries: [
          {
            params: {},
            calendars: [parseCron('30 2 * * mon-fri'), parseCron('0 */8 1,15 jan-mar *')],
            periods: [{ everyMs: 21_600_000, offsetMs: 900_000 }],
          },
          { params: { mode: 'full', top: 3 }, calendars: [parseCron('@weekly')], periods: [] },
        ],
        overlap: 'skip',
        catchupWindowMs: 3_600_000,
        jitterMs: 90_000,
        pauseOnFailure: true,
        startAt: '2026-01-01T05:00:00Z',
        endAt: '2036-07-01T03:59:59Z',
      }),
    ),
  ];
  const plan = await apply(definitions);
  const variant = `${name}/mode=full,top=3`;
  expect(plan.changes.map(({ action, schedule }) => [action, schedule])).toEqual([
    ['create', name],
    ['create', variant],
  ]);
  expect(plan.changes[0]?.fields).toContainEqual({ field: 'overlap', from: null, to: 'SKIP' });
  const { action, policies, spec } = await described();
  expect(action).toMatchObject({
    workflowType: 'pipeline',
    taskQueue: `queue-${name}`,
    args: [{ pipeline: name }],
  });
  expect((await described(variant)).action.args).toEqual([
    { pipeline: name, params: { mode: 'full', top: 3 } },
  ]);
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 3_600_000, pauseOnFailure: true });
  expect(spec).toMatchObject({
    timezone: 'America/New_York',
    jitter: 90_000,
    startAt: new Date('2026-01-01T05:00:00Z'),
    endAt: new Date('2036-07-01T03:59:59Z'),
  });
  expect(await apply(definitions)).toEqual(nothing);
  expect(await apply(definitions, true)).toEqual(nothing);
});

test('schedules whose parameters are longer than an ID may be are told apart', async () => {
  const entry = (last: string): ScheduleEntry => ({
    params: { filter: `${'x'.repeat(2_000)}${last}` },
    calendars: [parseCron('30 2 * * *')],
    periods: [],
  });
  const definitions = [pipeline(scheduleOf({ entries: [entry('a'), entry('b')] }))];
  const { changes } = await apply(definitions);
  const ids = changes.map(({ schedule }) => schedule);
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect((await described(id)).action.args).toHaveLength(1);
  await untilListed(ids);
  expect(await apply(definitions)).toEqual(nothing);
});

test('a change names the fields that differ, and changes only what the file says', async () => {
  await apply([pipeline(scheduleOf())]);
  await env.client.schedule.getHandle(name).pause('migration of the warehouse');
  const changed = [
    pipeline(
      scheduleOf({
        entries: [{ params: {}, calendars: [parseCron('45 3 * * *')], periods: [] }],
        timezone: 'UTC',
        overlap: 'buffer-one',
      }),
    ),
  ];
  const { changes } = await apply(changed);
  expect(changes).toHaveLength(1);
  expect(changes[0]).toMatchObject({ action: 'change', schedule: name });
  expect(changes[0]?.fields.map(({ field }) => field)).toEqual([
    'calendar',
    'afterGaps',
    'timezone',
    'overlap',
  ]);
  expect(changes[0]?.fields[3]).toEqual({ field: 'overlap', from: 'BUFFER_ALL', to: 'BUFFER_ONE' });
  const { state, info, memo } = await described();
  expect(state).toMatchObject({ paused: true, note: 'migration of the warehouse' });
  expect(info.nextActionTimes[0]?.toISOString()).toMatch(/T03:45:00.000Z$/);
  expect(memo?.['millrace']).toMatchObject({ pipeline: name });
  expect(await apply(changed)).toEqual(nothing);
});

test('what somebody changed by hand is seen and set right', async () => {
  const definitions = [pipeline(scheduleOf())];
  await apply(definitions);
  await env.client.schedule.getHandle(name).update((previous) => ({
    ...previous,
    spec: { intervals: [{ every: '1h' }] },
    policies: { overlap: 'ALLOW_ALL' },
    action: { ...previous.action, args: [{ pipeline: 'another' }] },
  }));
  const { changes } = await apply(definitions);
  expect(changes[0]?.fields).toContainEqual({ field: 'interval', from: '1h', to: null });
  expect(changes[0]?.fields).toContainEqual({
    field: 'input',
    from: '{"pipeline":"another"}',
    to: `{"pipeline":"${name}"}`,
  });
  expect(await apply(definitions)).toEqual(nothing);
});

test('a schedule that no file has any more is paused, or deleted, and comes back with its file', async () => {
  const definitions = [pipeline(scheduleOf())];
  await apply(definitions);
  await untilListed([name]);
  expect((await apply([pipeline()])).changes).toEqual([
    { action: 'pause', schedule: name, pipeline: name, fields: [] },
  ]);
  expect((await described()).state.paused).toBe(true);
  expect((await apply(definitions)).changes[0]?.fields.map(({ field }) => field)).toEqual(['paused']);
  expect((await described()).state.paused).toBe(false);
  // What a person has paused stays so.
  await env.client.schedule.getHandle(name).pause('by me');
  expect(await apply(definitions)).toEqual(nothing);
  expect((await apply([], true)).changes).toEqual([
    { action: 'delete', schedule: name, pipeline: name, fields: [] },
  ]);
  await expect(described()).rejects.toThrow();
});

describe('a schedule that takes the place of one that a person has paused', () => {
  const entry = (params: Record<string, Json>, ...crons: string[]): ScheduleEntry => ({
    params,
    calendars: crons.map(parseCron),
    periods: [],
  });
  const withEntries = (...entries: ScheduleEntry[]) => [pipeline(scheduleOf({ entries }))];
  const pause = (id: string, note: string) => env.client.schedule.getHandle(id).pause(note);
  const stateOf = async (id: string) => {
    const { paused, note } = (await described(id)).state;
    return paused ? (note ?? '') : 'runs';
  };
  const one = () => `${name}/top=1`;
  const two = () => `${name}/top=2`;

  test.each([false, true])('begins paused, with the note; with prune: %s', async (prune) => {
    await apply(withEntries(entry({ top: 1 }, '30 2 * * *')));
    await untilListed([one()]);
    await pause(one(), 'migration of the warehouse');
    const changed = withEntries(entry({ top: 2 }, '30 2 * * *'));
    const { changes } = await apply(changed, prune);
    expect(changes).toMatchObject([
      { action: 'create', schedule: two(), paused: 'migration of the warehouse' },
      { action: prune ? 'delete' : 'pause', schedule: one() },
    ]);
    expect(changes[0]?.fields).toContainEqual({
      field: 'paused',
      from: null,
      to: `as ${one()} is: migration of the warehouse`,
    });
    expect(await stateOf(two())).toBe('migration of the warehouse');
    await untilListed([two()]);
    expect(await apply(changed, prune)).toEqual(nothing);
  });

  test('and back again, until the person lets it go on', async () => {
    const before = withEntries(entry({ top: 1 }, '30 2 * * *'));
    const after = withEntries(entry({ top: 2 }, '30 2 * * *'));
    await apply(before);
    await untilListed([one()]);
    await pause(one(), 'by me');
    await apply(after);
    await untilListed([two()]);
    const { changes } = await apply(before);
    expect(changes[0]).toMatchObject({
      action: 'change',
      schedule: one(),
      paused: 'by me',
      fields: [{ field: 'paused', from: 'by millrace apply', to: `as ${two()} is: by me` }],
    });
    expect(await stateOf(one())).toBe('by me');
    await env.client.schedule.getHandle(one()).unpause();
    await apply(after);
    expect(await stateOf(two())).toBe('runs');
  });

  test('is the one with its times, else any that is new', async () => {
    const [three, four] = [`${name}/top=3`, `${name}/top=4`];
    await apply(withEntries(entry({ top: 1 }, '30 2 * * *'), entry({ top: 2 }, '30 3 * * *')));
    await untilListed([one(), two()]);
    await pause(two(), 'by me');
    await apply(withEntries(entry({ top: 3 }, '30 2 * * *'), entry({ top: 4 }, '30 3 * * *')));
    expect([await stateOf(three), await stateOf(four)]).toEqual(['runs', 'by me']);
    await untilListed([three, four]);
    await apply(withEntries(entry({ top: 3 }, '30 2 * * *'), entry({ top: 5 }, '30 5 * * *')));
    expect(await stateOf(`${name}/top=5`)).toBe('by me');
    await untilListed([`${name}/top=5`]);
    // One that is added takes nobody's place.
    await apply(
      withEntries(
        entry({ top: 3 }, '30 2 * * *'),
        entry({ top: 5 }, '30 5 * * *'),
        entry({ top: 6 }, '30 6 * * *'),
      ),
    );
    expect(await stateOf(`${name}/top=6`)).toBe('runs');
  });
});

test('schedules of others are never touched', async () => {
  const foreign = `${name}-foreign`;
  const action = { type: 'startWorkflow' as const, workflowType: 'pipeline', taskQueue: `queue-${name}` };
  for (const scheduleId of [foreign, name]) {
    await env.client.schedule.create({ scheduleId, spec: { cronExpressions: ['@daily'] }, action });
  }
  const other = new Schedules(env.client, 'another project');
  const theirs = [pipeline(scheduleOf(), `${name}-theirs`)];
  await other.apply(await other.plan(theirs, { prune: false }), theirs);
  await untilListed([foreign, name, `${name}-theirs`]);
  const before = await Promise.all([foreign, name, `${name}-theirs`].map(described));

  const plan = await apply([pipeline(scheduleOf())], true);
  expect(plan).toEqual({ changes: [], foreign: [{ schedule: name, pipeline: name }] });
  const after = await Promise.all([foreign, name, `${name}-theirs`].map(described));
  expect(after.map(({ info, state }) => [info.lastUpdatedAt, state])).toEqual(
    before.map(({ info, state }) => [info.lastUpdatedAt, state]),
  );
});
