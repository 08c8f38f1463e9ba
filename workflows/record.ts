import { CancellationScope, log, patched, upsertMemo, workflowInfo } from '@temporalio/workflow';
import type { RunPlan } from '../src/domain/plan.ts';
import type { StepFailure, Trigger } from '../src/domain/run.ts';
import { ENDED_MEMO, type RecordedStep, type RunRecord } from '../src/domain/run-record.ts';
import { atOnce, brief, type AtOnce } from './activities.ts';
import { faultOf, type Fault } from './failures.ts';

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
  await noted(status, 'writes the record of the run', (activities) => activities.recordRun(record));
}

/**
 * The same of a run that could not be opened, if its ID is that of an interval's run; any other has no record. Returns
 * what started it.
 */
export async function writeRefusal(
  input: unknown,
  isScheduled: boolean,
  fault: Fault,
): Promise<Trigger['kind'] | undefined> {
  if (!patched('refusals-are-recorded')) return undefined;
  const { workflowId, runId, startTime } = workflowInfo();
  const { type, message } = fault;
  const refusal = {
    ...{ input, isScheduled, workflowId, runId, type, message },
    startedAt: startTime.toISOString(),
    endedAt: new Date().toISOString(),
  };
  const trigger = await noted('failed', 'records that the run could not be opened', (activities) =>
    activities.recordRefusal(refusal),
  );
  // By this memo it is known as a run, and listed.
  if (trigger) upsertMemo({ trigger });
  return trigger;
}

async function noted<T>(
  status: RunRecord['status'],
  summary: string,
  write: (activities: AtOnce) => Promise<T>,
): Promise<T | undefined> {
  const { workflowId } = workflowInfo();
  return CancellationScope.nonCancellable(async () => {
    try {
      return await atOnce(summary, write, { scheduleToCloseTimeout: LONGEST });
    } catch (error) {
      log.warn('the record of this run could not be written', { workflowId, reason: faultOf(error).message });
    }
    if (patched('unrecorded-ends-are-announced')) await announce(workflowId, status);
    return undefined;
  });
}

/** Those who wait must hear of the end without a record, too. Who comes from now on sees the memo. */
async function announce(workflowId: string, status: RunRecord['status']): Promise<void> {
  upsertMemo({ [ENDED_MEMO]: status });
  try {
    // Not within this workflow task: the memo has to be there first.
    await brief('tells those who wait for this run', { scheduleToCloseTimeout: LONGEST }).announceEnd({
      workflowId,
      status,
    });
  } catch (error) {
    log.warn('the end of this run could not be announced', { workflowId, reason: faultOf(error).message });
  }
}
