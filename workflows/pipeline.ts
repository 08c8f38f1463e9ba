import { defineQuery, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Progress, RunResult } from '../src/domain/run.ts';
import { atOnce } from './activities.ts';
import { passedOn } from './failures.ts';
import { join } from './join.ts';
import { Run } from './run.ts';

export const progressQuery = defineQuery<Progress>('progress');

/**
 * A run of a pipeline: its steps, for one interval.
 *
 * Steps run only under the ID `<name>/<interval>`, whose uniqueness lets one run be open per interval. Under any other
 * ID the workflow opens that one, or finds it open, and returns its result.
 */
export async function pipeline(input: unknown): Promise<RunResult> {
  const { workflowId, runId, startTime } = workflowInfo();
  const [name = '', interval = ''] = workflowId.split('/', 2);
  setHandler(progressQuery, () => ({
    workflowId,
    runId,
    pipeline: name,
    interval,
    status: 'running',
    trigger: 'run',
    steps: [],
  }));

  const plan = await open({ input, workflowId, startedAt: startTime.toISOString() });
  if (plan.role === 'join') return join(plan);
  const run = new Run(plan);
  setHandler(progressQuery, () => run.progress());
  return run.execute();
}

async function open(request: { input: unknown; workflowId: string; startedAt: string }) {
  const scheduled = scheduledAt();
  try {
    return await atOnce('reads the pipeline file and works out the interval', (activities) =>
      activities.openRun(scheduled === undefined ? request : { ...request, scheduledAt: scheduled }),
    );
  } catch (error) {
    throw passedOn(error);
  }
}

/**
 * The time of the tick that started this run, if one did; the start may be much later. Temporal notes it on what a
 * schedule starts. A run of `--cron` is there before its time, and Temporal holds it back until then.
 */
function scheduledAt(): string | undefined {
  const { typedSearchAttributes, cronSchedule, cronScheduleToScheduleInterval, startTime } = workflowInfo();
  if (cronSchedule) {
    // Temporal rounds the time that it holds it back up to seconds.
    const atSeconds = Math.floor((startTime.getTime() + (cronScheduleToScheduleInterval ?? 0)) / 1_000);
    return new Date(atSeconds * 1_000).toISOString();
  }
  for (const { key, value } of typedSearchAttributes.getAll()) {
    if (key.name === 'TemporalScheduledStartTime' && value instanceof Date) return value.toISOString();
  }
  return undefined;
}
