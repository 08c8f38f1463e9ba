import { CancellationScope, log, workflowInfo } from '@temporalio/workflow';
import type { RunPlan } from '../src/domain/plan.ts';
import type { StepFailure } from '../src/domain/run.ts';
import type { RecordedStep, RunRecord } from '../src/domain/run-record.ts';
import { atOnce } from './activities.ts';
import { faultOf } from './failures.ts';

/** How long a run that has ended may stay open because its record cannot be written. */
const LONGEST = '1h';

/**
 * Writes what stays known of a run that is about to end, also a cancelled one. Never rejects: what the run came to
 * stands, with or without a record.
 */
export async function writeRecord(
  { definition, params, interval, trigger }: RunPlan & { role: 'run' },
  status: RunRecord['status'],
  steps: RecordedStep[],
  failure: StepFailure | undefined,
): Promise<void> {
  const { workflowId, runId, startTime } = workflowInfo();
  const record: RunRecord = {
    workflowId,
    runId,
    pipeline: definition.name,
    interval: interval.id,
    status,
    trigger: trigger.kind,
    startedAt: startTime.toISOString(),
    endedAt: new Date().toISOString(),
    from: interval.start,
    to: interval.end,
    params,
    manifest: trigger.manifest ?? null,
    steps,
    failure: failure ?? null,
  };
  const write = () =>
    atOnce('writes the record of the run', (activities) => activities.recordRun(record), {
      scheduleToCloseTimeout: LONGEST,
    });
  try {
    await CancellationScope.nonCancellable(write);
  } catch (error) {
    log.warn('the record of this run could not be written', { workflowId, reason: faultOf(error).message });
  }
}
