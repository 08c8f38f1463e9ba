import { fromAwsError } from '../aws-error.ts';
import { EtlError } from '../domain/failure.ts';

/** For throttling that doesn't say how long to wait. */
const PAUSE_MS = 10_000;
const QUOTA_PAUSE_MS = 60_000;
/** There is as much at work as may be: that passes, and is nothing against asking. */
const FULL = /^ServiceQuotaExceededException$|maximum number of active steps/i;

/** What an AWS client asks, with failures as `EtlError`s; once throttled, a whole connection keeps quiet for a while. */
export class AwsApi {
  readonly #vendor: string;
  #pausedUntilMs = 0;

  constructor(vendor: string) {
    this.#vendor = vendor;
  }

  /** @param doing what is tried, after "cannot": `list the steps of j-1`; a failure's `cause` is the client's own error */
  async call<T>(doing: string, request: () => Promise<T>): Promise<T> {
    const waitMs = this.#pausedUntilMs - Date.now();
    if (waitMs > 0) {
      const message = `cannot ${doing}: ${this.#vendor} asked for a pause of ${Math.ceil(waitMs / 1000)} s more`;
      throw new EtlError('Throttled', message, { retryAfterMs: waitMs });
    }
    try {
      return await request();
    } catch (error) {
      const failure = fromAwsError(error, doing);
      const { name = '', message = '' } = error as Partial<Error>;
      const isFull = FULL.test(name) || FULL.test(message);
      if (failure.type !== 'Throttled' && !isFull) throw failure;
      const retryAfterMs = failure.retryAfterMs ?? (isFull ? QUOTA_PAUSE_MS : PAUSE_MS);
      if (!isFull) this.#pausedUntilMs = Date.now() + retryAfterMs;
      throw new EtlError('Throttled', failure.message, { cause: error, retryAfterMs });
    }
  }
}

/** The name and the words of what the client threw, if it was the client that failed. */
export function awsErrorOf(error: unknown): { name: string; message: string } {
  const cause = error instanceof EtlError ? error.cause : error;
  return cause instanceof Error ? cause : { name: '', message: '' };
}
