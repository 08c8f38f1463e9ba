import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import { isFailureType, type FailureDetails, type FailureType } from '../src/domain/failure.ts';
import type { StepFailure } from '../src/domain/run.ts';

/** A failure that workflow code makes itself; anything else that is thrown would retry the workflow task for ever. */
export const failure = (
  type: FailureType,
  message: string,
  details: FailureDetails = {},
): ApplicationFailure => ApplicationFailure.create({ type, message, nonRetryable: true, details: [details] });

type Evidence = Pick<FailureDetails, 'loadErrors' | 'sample' | 'expectations'>;

export interface Fault {
  type: FailureType;
  message: string;
  details: FailureDetails;
}

/** What is behind an error, under the wrappings of Temporal; for our own mistakes it is `Unexpected`. */
export function faultOf(error: unknown): Fault {
  const wrapped = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  const cause = wrapped ? (error.cause ?? error) : error;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (!(cause instanceof ApplicationFailure)) return { type: 'Unexpected', message, details: {} };
  const details = (cause.details?.[0] ?? {}) as FailureDetails;
  return { type: isFailureType(cause.type) ? cause.type : 'Unexpected', message, details };
}

/** Whether an activity may do better another time. Those within a workflow task fail without a wrapping. */
export function isPassing(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof TimeoutFailure || (cause instanceof ApplicationFailure && !cause.nonRetryable);
}

/** The error with which a workflow passes on what an activity or a child failed with; a cancellation stays one. */
export function passedOn(error: unknown): unknown {
  if (isCancellation(error)) return error;
  const { type, message, details } = faultOf(error);
  return failure(type, message, details);
}

/** Pure code throws plain errors; in a workflow they fail the step for good. */
export function rejecting<T>(evaluate: () => T, where = ''): T {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof ApplicationFailure || isCancellation(error)) throw error;
    throw failure('Rejected', `${where}${error instanceof Error ? error.message : String(error)}`);
  }
}

export function stepFailure(step: string, { type, message, details }: Fault): StepFailure {
  const { ref = null, log = null } = details;
  return { step, type, message, ref, log, ...evidence(details) };
}

/** What a failure has to show for itself. */
export function evidence({ loadErrors, sample, expectations }: Evidence): Evidence {
  return {
    ...(loadErrors && { loadErrors }),
    ...(sample && { sample }),
    ...(expectations && { expectations }),
  };
}
