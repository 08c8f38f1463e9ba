import { EtlError } from './domain/failure.ts';

const THROTTLED =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|RequestThrottled|BandwidthLimitExceeded|ProvisionedThroughputExceeded|ActiveStatementsExceeded)/;
/** 4xx answers that a later try mends: the SDK fetches new credentials, the clock is set, the socket is new. */
const PASSING = /^(ExpiredToken|RequestExpired|RequestTimeout|RequestTimeTooSkewed)/;
const NETWORK = /^(E[A-Z]{3,}|UND_ERR_\w+|TimeoutError|NetworkingError|AbortError|RequestAbortedError)$/;
/** Where Node's errors come from another realm, as in Jest, the SDK wraps them and drops their code. */
const WRAPPED = /^AWS SDK error wrapper for (TimeoutError|Error: (.*\bE[A-Z]{3,}\b|socket hang up))/;

interface AwsError {
  name?: string;
  code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
}

/**
 * Turns what an AWS SDK client threw into an `EtlError` in the vendor's words.
 *
 * @param doing what was tried, after "cannot": `list s3://raw/flights/`
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export function fromAwsError(error: unknown, doing: string): EtlError {
  if (error instanceof EtlError) return error;
  const { name = '', code = '', message = '', $metadata, $response } = error as AwsError;
  const status = $metadata?.httpStatusCode;
  const words = [name || code, message].filter((word) => word !== '' && word !== 'Error').join(': ');
  const text = `cannot ${doing}: ${words || String(error)}`;
  if (THROTTLED.test(name) || status === 429) {
    const seconds = Number($response?.headers?.['retry-after']);
    const retryAfterMs = seconds > 0 ? seconds * 1000 : undefined;
    return new EtlError('Throttled', text, { cause: error, retryAfterMs });
  }
  if (name === 'CredentialsProviderError') {
    return new EtlError('Rejected', `${text}; give the worker AWS credentials`, { cause: error });
  }
  if (PASSING.test(name) || NETWORK.test(code) || NETWORK.test(name) || WRAPPED.test(message)) {
    return new EtlError('Unavailable', text, { cause: error });
  }
  if (status === undefined || status < 400) return new EtlError('Unexpected', text, { cause: error });
  return new EtlError(status >= 500 ? 'Unavailable' : 'Rejected', text, { cause: error });
}
