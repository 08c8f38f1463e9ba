import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { BackfillPlan, BackfillProgress, BackfillReport } from '../src/domain/backfill-progress.ts';
import { brief } from './activities.ts';
import { Backfill, type BackfillState } from './backfill-run.ts';
import { passedOn } from './failures.ts';

export const backfillProgress = defineQuery<BackfillProgress>('progress');
export const pause = defineUpdate<BackfillReport>('pause');
export const resume = defineUpdate<BackfillReport>('resume');

/**
 * Runs a pipeline for many intervals, a few at once. `state` is what a run of this workflow hands to the next one, so
 * that no history grows with the number of intervals.
 */
export async function backfill(input: unknown, state?: BackfillState): Promise<BackfillReport> {
  const { workflowId, runId, startTime } = workflowInfo();
  let run = state && new Backfill(state);
  setHandler(backfillProgress, () => ({ workflowId, runId, ...(run?.report() ?? unopened(startTime)) }));
  const setPaused = async (paused: boolean): Promise<BackfillReport> => {
    await condition(() => run !== undefined);
    return run?.setPaused(paused) ?? unopened(startTime);
  };
  setHandler(pause, () => setPaused(true));
  setHandler(resume, () => setPaused(false));

  run ??= new Backfill({ plan: await open(input, startTime), startedAt: startTime.toISOString() });
  const rest = await run.execute();
  await condition(allHandlersFinished);
  if (rest) return continueAsNew<typeof backfill>(input, rest);
  const report = run.report();
  if (report.status === 'done') return report;
  throw run.asFailure();
}

/** What can be said before the input was read. */
const unopened = (startTime: Date): BackfillReport => ({
  pipeline: '',
  from: '',
  to: '',
  status: 'running',
  startedAt: startTime.toISOString(),
  total: 0,
  done: 0,
  already: 0,
  failed: 0,
  running: [],
  failures: [],
});

async function open(input: unknown, startTime: Date): Promise<BackfillPlan> {
  try {
    const activities = brief('works out the intervals');
    return await activities.openBackfill({ input, now: startTime.toISOString() });
  } catch (error) {
    throw passedOn(error);
  }
}
