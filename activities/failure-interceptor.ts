import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { CompleteAsyncError } from '@temporalio/activity';
import { EtlError, FAILURE } from '../src/domain/failure.ts';

/** The one place where our failures become Temporal's: the type says whether Temporal tries again. */
export class FailureInterceptor implements ActivityInboundCallsInterceptor {
  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    try {
      return await next(input);
    } catch (error) {
      throw toTemporalFailure(error);
    }
  }
}

export function toTemporalFailure(error: unknown): unknown {
  if (error instanceof EtlError) {
    return ApplicationFailure.create({
      type: error.type,
      message: error.message,
      nonRetryable: !FAILURE[error.type].retryable || error.details.ended === true,
      details: [error.details],
      ...(error.retryAfterMs !== undefined && { nextRetryDelay: error.retryAfterMs }),
      ...(error.cause instanceof Error && { cause: error.cause }),
    });
  }
  const temporals = [ApplicationFailure, CancelledFailure, ActivityFailure, CompleteAsyncError];
  if (temporals.some((type) => error instanceof type)) return error;
  // A fault of ours. Trying again for ever would hide it, so it ends the step and says what it is.
  return ApplicationFailure.create({
    type: 'Unexpected',
    message: error instanceof Error ? error.message : String(error),
    nonRetryable: true,
    ...(error instanceof Error && { cause: error }),
  });
}
