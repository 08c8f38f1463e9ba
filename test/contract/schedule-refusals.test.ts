import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ScheduleSpec } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { parseDuration } from '../../src/domain/duration.ts';
import { timezone } from '../../src/spec/fields.ts';
import { schedule } from '../../src/spec/schedule.ts';
import { startTemporal } from './temporal.ts';

/* Temporal is the witness: what a file may say it takes, and what it refuses a file may not say. */

let env: TestWorkflowEnvironment;
let count = 0;

beforeAll(async () => {
  env = await startTemporal();
});
afterAll(async () => env.teardown());

const isTaken = async (spec: ScheduleSpec): Promise<boolean> => {
  const create = env.client.schedule.create({
    scheduleId: `taken-${(count += 1)}`,
    spec,
    action: { type: 'startWorkflow', workflowType: 'none', taskQueue: 'none' },
    state: { paused: true },
  });
  return create.then(
    () => true,
    () => false,
  );
};

test.each([
  ['Europe/Berlin', true],
  ['europe/berlin', false],
  ['UTC', true],
  ['utc', false],
  ['US/Eastern', true],
  ['us/Eastern', false],
  ['Asia/Kolkata', true],
  ['Asia/Calcutta', true],
  ['asia/kolkata', false],
  ['Etc/GMT+5', true],
  ['Etc/gmt+5', false],
  ['Australia/NSW', true],
  ['Australia/nsw', false],
  ['America/Port-au-Prince', true],
  ['America/Port-Au-Prince', false],
  ['EST5EDT', true],
  ['W-SU', true],
  ['PST', false],
  ['+02:00', false],
])('the time zone %s: %s', async (name, isRight) => {
  expect(timezone().safeParse(name).success).toBe(isRight);
  expect(await isTaken({ calendars: [{ hour: 1 }], timezone: name })).toBe(isRight);
});

test.each([
  ['1h', '59m', true],
  ['1h', '1h', false],
  ['1h', '2h', false],
  ['1s', '0s', true],
  ['500ms', '0s', false],
] as const)('every %s with an offset of %s: %s', async (every, offset, isRight) => {
  expect(schedule.safeParse({ interval: { every, offset } }).success).toBe(isRight);
  expect(await isTaken({ intervals: [{ every: parseDuration(every), offset: parseDuration(offset) }] })).toBe(
    isRight,
  );
});
