import {
  ApplicationFailure,
  CancellationScope,
  defineQuery,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Progress, RunResult } from '../src/domain/run.ts';
import { brief } from './activities.ts';
import { faultOf } from './failures.ts';
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
    const open = brief('reads the pipeline file and works out the interval');
    return await open.openRun(scheduled === undefined ? request : { ...request, scheduledAt: scheduled });
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    const { type, message, details } = faultOf(error);
    throw ApplicationFailure.create({ type, message, nonRetryable: true, details: [details] });
  }
}

/** Temporal notes the tick's own time on what a schedule starts; the start may be much later. */
function scheduledAt(): string | undefined {
  const { typedSearchAttributes } = workflowInfo();
  for (const { key, value } of typedSearchAttributes.getAll()) {
    if (key.name === 'TemporalScheduledStartTime' && value instanceof Date) return value.toISOString();
  }
  return undefined;
}
