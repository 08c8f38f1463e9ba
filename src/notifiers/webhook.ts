import got, { type Response } from 'got';
import { EtlError } from '../domain/failure.ts';
import { retryAfterMs } from '../domain/retry-after.ts';
import type { Notifier } from '../ports.ts';

const SHOWN_CHARACTERS = 200;
/** A shorter part of a URL is taken for a word. */
const SECRET_CHARACTERS = 8;
/** For a 429 that doesn't say how long to wait. */
const RETRY_AFTER_MS = 10_000;

/**
 * Posts messages as JSON, `{ text, ...context }`, with the message's ID as `Idempotency-Key`.
 *
 * A 429 is `Throttled`, any other answer below 500 that is no success is `Rejected`, 5xx and network errors are
 * `Unavailable`. The URL of a webhook is a secret, so errors name its host alone.
 *
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export const createWebhook = ({
  url,
  requestTimeoutMs = 30_000,
}: {
  /** Called for each message, so that a secret is read late. */
  url: () => Promise<string>;
  requestTimeoutMs?: number;
}): Notifier => ({
  async notify({ id, text, context }) {
    const target = parsed(await url());
    const response = await got
      .post(target, {
        json: { ...context, text },
        headers: { 'idempotency-key': id },
        timeout: { request: requestTimeoutMs },
        retry: { limit: 0 },
        throwHttpErrors: false,
        // A redirected POST would become a GET without the message.
        followRedirect: false,
      })
      .catch((error: unknown) => {
        throw new EtlError('Unavailable', `the webhook at ${target.host} did not answer: ${codeOf(error)}`);
      });
    if (response.statusCode < 200 || response.statusCode > 299) throw refused(target, response);
    return { status: response.statusCode };
  },
});

function parsed(url: string): URL {
  try {
    const target = new URL(url);
    if (/^https?:$/.test(target.protocol)) return target;
  } catch {
    // The error of `new URL` quotes the URL.
  }
  throw new EtlError(
    'Rejected',
    'the URL of the webhook cannot be read; write a whole one, as https://host/path',
  );
}

function refused(target: URL, { statusCode, headers, body }: Response<string>): EtlError {
  const said = withoutSecrets(body, target).trim().slice(0, SHOWN_CHARACTERS);
  const message = `the webhook at ${target.host} answered ${statusCode}${said === '' ? '' : `: ${said}`}`;
  if (statusCode === 429) {
    return new EtlError('Throttled', message, {
      retryAfterMs: retryAfterMs(headers['retry-after'], Date.now()) ?? RETRY_AFTER_MS,
    });
  }
  return new EtlError(statusCode >= 500 ? 'Unavailable' : 'Rejected', message);
}

/** What an answer says, less the parts of the URL that it repeats. */
function withoutSecrets(body: string, { username, password, pathname, search }: URL): string {
  const parts = [username, password, ...`${pathname}${search}`.split(/[/?&=]/)];
  return parts
    .filter((part) => part.length >= SECRET_CHARACTERS)
    .reduce((text, part) => text.replaceAll(part, '…'), body);
}

/** A code such as ECONNREFUSED; got's own messages may hold the URL. */
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'no reason given';
