import type { ExpectationOutcome } from './expectation-outcome.ts';
import type { Row } from './statements.ts';

/** What can go wrong, and whether trying again helps. Workflows, adapters and the CLI share these names. */
export const FAILURE = {
  /** Network, 5xx, serialization conflicts: Temporal tries again. */
  Unavailable: { retryable: true },
  /** 429 and throttling: Temporal tries again after `retryAfterMs`. */
  Throttled: { retryable: true },
  /** A bad spec, no permission, any other 4xx. */
  Rejected: { retryable: false },
  /** A reply that we cannot read; the failure carries it. */
  Unexpected: { retryable: false },
  /** The engine no longer knows the ref, or cannot say: the step stops for `adopt` or `resubmit`. */
  JobLost: { retryable: false },
  /** The user's job failed: the step's `retry` may submit it again. */
  JobFailed: { retryable: false },
  /** The load failed, and the target table is as it was. */
  PublishFailed: { retryable: false },
  /** The data that `waitForData` waits for never came. */
  InputMissing: { retryable: false },
} as const;

export type FailureType = keyof typeof FAILURE;

/** A line that a load failed at, or left out. */
export interface LoadError {
  file: string;
  /** From 1; null where the format has no lines. */
  line: number | null;
  column: string | null;
  /** The column's type. */
  type: string | null;
  value: string | null;
  reason: string;
  /** The line as it stands in the file, as far as the warehouse keeps it. */
  raw: string | null;
}

/** Where to look after a failure; goes into the workflow's failure as its details. */
export interface FailureDetails {
  step?: string;
  /** The engine's own handle on the job. */
  ref?: string;
  /** Where the job's log is: a path or a URL. */
  log?: string;
  /** The last lines of the job's log. */
  logTail?: string;
  /** Which statement of a batch failed, counted from 0. */
  statement?: number;
  /** The lines that the load failed at. */
  loadErrors?: LoadError[];
  /** The first rows that broke what a check expects. */
  sample?: Row[];
  /** What the expectations of a check came to, where there are several. */
  expectations?: ExpectationOutcome[];
  /** The work itself has ended: to try again means to submit it again, so Temporal must not. */
  ended?: boolean;
}

/** The one error that adapters throw; an interceptor turns it into Temporal's `ApplicationFailure` of its type. */
export class EtlError extends Error {
  override readonly name = 'EtlError';
  readonly type: FailureType;
  readonly details: FailureDetails;
  /** For `Throttled`: how long the other side asks us to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    type: FailureType,
    message: string,
    options: { details?: FailureDetails; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.type = type;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whether the other side has answered that it takes the request not at all, or not now: nothing came of it. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof EtlError && (error.type === 'Rejected' || error.type === 'Throttled');

/** What pure code throws says what is wrong with its input: `Rejected`. */
export function rejecting<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new EtlError('Rejected', error instanceof Error ? error.message : String(error));
  }
}

export const isFailureType = (type: unknown): type is FailureType =>
  typeof type === 'string' && Object.hasOwn(FAILURE, type);

/** The failure for a native state that no table knows: loud, because guessing would lose or repeat work. */
export function unexpected(vendor: string, state: string): never {
  throw new EtlError('Unexpected', `${vendor} answered with the unknown state ${JSON.stringify(state)}`);
}

/** Ends a switch over a union: the compiler says when a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`no case for ${JSON.stringify(value)}`);
}
