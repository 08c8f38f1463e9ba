import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { ApiError, RedshiftError } from './error.ts';

const count = z.int().positive().default(1);
const delayMs = z.int().positive().default(5_000);

/** What happens to the next `count` calls of an operation. */
const CallFault = z.strictObject({
  op: z.string(),
  /**
   * The request is cut off before anything is done, or after all is done; it is refused with "Rate exceeded" or as an internal
   * error; it is done late.
   */
  kind: z.enum(['lose-request', 'lose-answer', 'throttle', 'error', 'slow']),
  count,
  delayMs,
});

/** What happens to the next `count` statements, or statements of a batch, whose text matches a regular expression. */
const StatementFault = z.strictObject({
  sql: z.string().transform((pattern, context) => {
    try {
      return new RegExp(pattern, 'i');
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  }),
  /**
   * It fails with `error`; it runs to its end, is committed, and is said to have failed with `error`; it begins late; the
   * warehouse restarts while it is at it.
   */
  kind: z.enum(['fail', 'fail-late', 'slow', 'restart']),
  error: z.string().default('the stand-in was told to fail'),
  count,
  delayMs,
});

/** Reads what `POST /_faults` was sent: one with `sql` is about statements, any other about calls. */
export const readFault = (body: unknown) =>
  typeof body === 'object' && body !== null && 'sql' in body
    ? StatementFault.safeParse(body)
    : CallFault.safeParse(body);

type CallFault = z.infer<typeof CallFault>;
type StatementFault = z.infer<typeof StatementFault>;

/** Faults that were ordered and did not happen yet. */
export class Faults {
  readonly #restart: () => Promise<void>;
  #ordered: (CallFault | StatementFault)[] = [];

  constructor(restart: () => Promise<void>) {
    this.#restart = restart;
  }

  order(fault: CallFault | StatementFault): void {
    this.#ordered.push(fault);
  }

  clear(): void {
    this.#ordered = [];
  }

  /** Makes a call go wrong before its work is done; returns what remains to go wrong after it. */
  async meetCall(op: string): Promise<'cut' | 'cut-after' | undefined> {
    const fault = this.#next((other): other is CallFault => 'op' in other && other.op === op);
    switch (fault?.kind) {
      case 'lose-request':
        return 'cut';
      case 'lose-answer':
        return 'cut-after';
      case 'throttle':
        throw new ApiError('ThrottlingException', 'Rate exceeded');
      case 'error':
        throw new ApiError('InternalServerException', 'The stand-in was told to fail.', 500);
      case 'slow':
        await pause(fault.delayMs);
        return undefined;
      case undefined:
        return undefined;
    }
  }

  /** Makes a statement go wrong before it runs; returns the error that it is to fail with after it was committed. */
  async meetStatement(sql: string, signal: AbortSignal): Promise<string | undefined> {
    const fault = this.#next((other): other is StatementFault => 'sql' in other && other.sql.test(sql));
    switch (fault?.kind) {
      case 'fail':
        throw new RedshiftError(fault.error);
      case 'fail-late':
        return fault.error;
      case 'restart':
        void this.#restart();
        return undefined;
      case 'slow':
        await pause(fault.delayMs, undefined, { signal });
        return undefined;
      case undefined:
        return undefined;
    }
  }

  #next<Fault extends CallFault | StatementFault>(
    is: (fault: CallFault | StatementFault) => fault is Fault,
  ): Fault | undefined {
    const fault = this.#ordered.find(is);
    if (!fault) return undefined;
    fault.count -= 1;
    this.#ordered = this.#ordered.filter((other) => other.count > 0);
    return fault;
  }
}
