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
