import type { ScheduleOptions } from '@temporalio/client';
import type { Definition, Json } from '../domain/definition.ts';
import { shortHash } from '../domain/key.ts';
import { tickTimes, type Overlap, type ScheduleDefinition, type TickTimes } from '../domain/schedule.ts';
import { scheduleSpec } from './schedule-spec.ts';

/** A schedule as a pipeline file wants it. */
export interface WantedSchedule {
  id: string;
  pipeline: string;
  taskQueue: string;
  params: Record<string, Json>;
  times: TickTimes;
  definition: ScheduleDefinition;
}

/** One for each set of parameters. */
export function wantedSchedules({ name, schedule }: Definition, taskQueue: string): WantedSchedule[] {
  if (!schedule) return [];
  return schedule.entries.map((entry) => ({
    id: scheduleId(name, entry.params),
    pipeline: name,
    taskQueue,
    params: entry.params,
    times: tickTimes(entry, schedule.timezone),
    definition: schedule,
  }));
}

/** Temporal takes 1,000 for the workflow that a tick starts, of which the tick's time takes some. */
const LONGEST_WORDS = 500;

/** The ID says what the runs differ in, so that it stays the same when a file is put into another order. */
function scheduleId(name: string, params: Record<string, Json>): string {
  const words = Object.entries(params)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .sort()
    .join(',');
  if (words === '') return name;
  if (words.length <= LONGEST_WORDS) return `${name}/${words}`;
  return `${name}/${words.slice(0, LONGEST_WORDS)}…${shortHash(words, 16)}`;
}

export const OVERLAP = {
  'buffer-all': 'BUFFER_ALL',
  'buffer-one': 'BUFFER_ONE',
  skip: 'SKIP',
  'allow-all': 'ALLOW_ALL',
  'cancel-other': 'CANCEL_OTHER',
} as const satisfies Record<Overlap, string>;

/** What a tick starts: a workflow that works out the interval and joins the run of it. */
export function actionOf({ id, pipeline, params, taskQueue }: WantedSchedule) {
  return {
    type: 'startWorkflow' as const,
    workflowType: 'pipeline',
    workflowId: `tick/${id}`,
    taskQueue,
    args: [Object.keys(params).length === 0 ? { pipeline } : { pipeline, params }],
  };
}

/** The whole schedule for Temporal's client. */
export function scheduleOptions(
  wanted: WantedSchedule,
): Omit<ScheduleOptions, 'scheduleId' | 'memo' | 'state'> {
  const { overlap, catchupWindowMs, pauseOnFailure } = wanted.definition;
  return {
    spec: scheduleSpec(wanted.times, wanted.definition),
    action: actionOf(wanted),
    policies: { overlap: OVERLAP[overlap], catchupWindow: catchupWindowMs, pauseOnFailure },
  };
}
