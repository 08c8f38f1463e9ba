import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { formatDuration } from '../src/domain/duration.ts';
import type { FailureDetails, FailureType } from '../src/domain/failure.ts';
import { failure } from './failures.ts';

/**
 * Runs `work`, which is cancelled when the time is up and has then ended its remote work before this rejects.
 * Timeouts are timers of the workflow, because an activity's own timeout would leave the remote job running.
 */
export async function withDeadline<T>(
  timeoutMs: number | undefined,
  late: FailureType,
  work: () => Promise<T>,
  details: () => FailureDetails = () => ({}),
): Promise<T> {
  if (timeoutMs === undefined) return work();
  try {
    return await CancellationScope.withTimeout(timeoutMs, work);
  } catch (error) {
    const ours = isCancellation(error) && !CancellationScope.current().consideredCancelled;
    throw ours ? failure(late, `timed out after ${formatDuration(timeoutMs)}`, details()) : error;
  }
}

/** What has to be known, or cleared away, after a timeout or a cancellation too; rejects where it takes too long. */
export const evenIfCutOff = <T>(work: () => Promise<T>): Promise<T> =>
  CancellationScope.nonCancellable(() => CancellationScope.withTimeout('5m', work));

/** What completes a step that had its effect: as long as it takes, or briefly if the step has been cut off since. */
export const toComplete = <T>(work: () => Promise<T>): Promise<T> =>
  CancellationScope.current().consideredCancelled ? evenIfCutOff(work) : work();
