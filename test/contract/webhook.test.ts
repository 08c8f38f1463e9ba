import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createWebhook } from '../../src/notifiers/webhook.ts';

const SECRET = 'T0123ABCD-secret-token';
const message = {
  id: 'run-1/alert',
  text: 'mean delay 16.1 min',
  context: { run: 'flights-daily/2001-01-01', n: 3 },
};

let server: Server;
let host: string;
let answer: (response: ServerResponse) => void;
let received: {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    received.push({ method, url, headers, body: await text(request) });
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});
beforeEach(() => void (received = []));

const answering = (status: number, body = '', headers: Record<string, string> = {}) =>
  void (answer = (response) => response.writeHead(status, headers).end(body));

const notify = (url = `http://${host}/hooks/${SECRET}?key=${SECRET}`, requestTimeoutMs?: number) =>
  createWebhook({
    url: () => Promise.resolve(url),
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  }).notify(message);

/** The error that a message meets; a secret in it fails the test. */
async function failure(...args: Parameters<typeof notify>) {
  const error = await notify(...args).then(
    () => {
      throw new Error('the message got through');
    },
    (reason: Error) => reason,
  );
  expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(SECRET);
  return error;
}

describe('a webhook', () => {
  test('gets the text and the context as JSON, under an idempotency key', async () => {
    answering(204);
    await expect(notify()).resolves.toEqual({ status: 204 });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      method: 'POST',
      url: `/hooks/${SECRET}?key=${SECRET}`,
      headers: { 'idempotency-key': 'run-1/alert', 'content-type': 'application/json' },
    });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      text: 'mean delay 16.1 min',
      run: 'flights-daily/2001-01-01',
      n: 3,
    });
  });

  test('reads its URL for each message', async () => {
    answering(200);
    let reads = 0;
    const webhook = createWebhook({
      url: async () => {
        reads += 1;
        return `http://${host}/`;
      },
    });
    expect(reads).toBe(0);
    await webhook.notify(message);
    await webhook.notify(message);
    expect(reads).toBe(2);
  });

  test('that refuses is Rejected, with the beginning of what it says', async () => {
    answering(404, `no such hook: /hooks/${SECRET} ${'x'.repeat(500)}`);
    const error = await failure();
    expect(error).toMatchObject({ type: 'Rejected' });
    expect(error.message).toMatch(
      new RegExp(`^the webhook at ${host} answered 404: no such hook: /hooks/… x+$`),
    );
    expect(error.message.length).toBeLessThan(260);
    expect(received).toHaveLength(1);
  });

  test('that moved is Rejected, and not followed', async () => {
    answering(302, '', { location: `http://${host}/elsewhere` });
    await expect(failure()).resolves.toMatchObject({ type: 'Rejected' });
    expect(received).toHaveLength(1);
  });

  test('that is throttled says when to come back: in seconds, by a date, or not at all', async () => {
    answering(429, 'slow down', { 'retry-after': '7' });
    await expect(failure()).resolves.toMatchObject({ type: 'Throttled', retryAfterMs: 7_000 });

    answering(429, '', { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() });
    const { retryAfterMs } = (await failure()) as Error & { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(3_000_000);
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000);

    answering(429, '', { 'retry-after': 'Thu, 01 Jan 1998 00:00:00 GMT' });
    await expect(failure()).resolves.toMatchObject({ type: 'Throttled', retryAfterMs: 0 });

    answering(429);
    await expect(failure()).resolves.toMatchObject({ type: 'Throttled', retryAfterMs: expect.any(Number) });
  });

  test('with trouble of its own is Unavailable, and is asked once', async () => {
    answering(503, 'maintenance');
    await expect(failure()).resolves.toMatchObject({
      type: 'Unavailable',
      message: `the webhook at ${host} answered 503: maintenance`,
    });
    expect(received).toHaveLength(1);
  });

  test('that hangs up, stays silent or cannot be reached is Unavailable', async () => {
    answer = (response) => void response.socket?.destroy();
    await expect(failure()).resolves.toMatchObject({ type: 'Unavailable' });
    answer = () => undefined;
    await expect(failure(undefined, 200)).resolves.toMatchObject({
      type: 'Unavailable',
      message: `the webhook at ${host} did not answer: ETIMEDOUT`,
    });
    await expect(failure(`http://127.0.0.1:1/${SECRET}`)).resolves.toMatchObject({
      type: 'Unavailable',
      message: 'the webhook at 127.0.0.1:1 did not answer: ECONNREFUSED',
    });
    expect(received).toHaveLength(2);
  });

  test.each([`hooks.example.com/${SECRET}`, `ftp://host/${SECRET}`, ''])(
    'whose URL cannot be read is Rejected: %j',
    async (url) => {
      await expect(failure(url)).resolves.toMatchObject({ type: 'Rejected' });
    },
  );
});
