import { defineQuery, isCancellation, setHandler, workflowInfo } from '@temporalio/workflow';
import type { RunPlan } from '../src/domain/plan.ts';
import type { Progress, RunResult } from '../src/domain/run.ts';
import { atOnce } from './activities.ts';
import { faultOf, passedOn, type Fault } from './failures.ts';
import { join } from './join.ts';
import { writeRefusal } from './record.ts';
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
  let about = saidBy(workflowId, input);
  let result: Pick<RunResult, 'status' | 'steps'> = { status: 'running', steps: [] };
  let fault: Fault | undefined;
  let trigger: Progress['trigger'] = 'run';
  setHandler(progressQuery, () => ({
    ...{ workflowId, runId, ...about, trigger },
    status: result.status,
    steps: result.steps,
    ...(fault && { failure: { type: fault.type, message: fault.message } }),
  }));

  const scheduled = scheduledAt();
  let plan: RunPlan | undefined;
  try {
    plan = await open({ input, workflowId, startedAt: startTime.toISOString() }, scheduled);
    if (plan.role === 'join') {
      const { pipeline, interval, trigger: by } = plan.input;
      about = { pipeline, interval };
      trigger = by.kind;
      const joined = await join(plan);
      result = joined;
      return joined;
    }
  } catch (error) {
    result = { status: isCancellation(error) ? 'cancelled' : 'failed', steps: [] };
    if (isCancellation(error)) throw error;
    fault = faultOf(error);
    if (!plan) trigger = (await writeRefusal(input, scheduled !== undefined, fault)) ?? trigger;
    throw passedOn(error);
  }
  const run = new Run(plan);
  setHandler(progressQuery, () => run.progress());
  return run.execute();
}

/** Which run is asked for, as far as the ID and an input of any form say it. */
function saidBy(workflowId: string, input: unknown): Pick<Progress, 'pipeline' | 'interval'> {
  const [name = '', interval = ''] = workflowId.split('/', 2);
  const said = (input ?? {}) as { pipeline?: unknown; interval?: unknown };
  if (typeof said.pipeline !== 'string' || said.pipeline === name) return { pipeline: name, interval };
  return { pipeline: said.pipeline, interval: typeof said.interval === 'string' ? said.interval : '' };
}

const open = (
  request: { input: unknown; workflowId: string; startedAt: string },
  scheduled: string | undefined,
): Promise<RunPlan> =>
  atOnce('reads the pipeline file and works out the interval', (activities) =>
    activities.openRun(scheduled === undefined ? request : { ...request, scheduledAt: scheduled }),
  );

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
