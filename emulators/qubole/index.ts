import { randomUUID, timingSafeEqual } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { close, listen } from '../loopback.ts';
import { behaviourSchema, Clusters } from './clusters.ts';
import { Commands } from './commands.ts';
import { DbTaps } from './db-taps.ts';
import { ApiError, invalid } from './error.ts';
import { Faults, faultSchema } from './faults.ts';
import { operations, type Reply, type Results } from './operations.ts';
import { Storage } from './storage.ts';
import { findTools } from './tools.ts';

const WELCOME =
  "Millrace's local stand-in for Qubole Data Service. Commands run on this machine; it is not Qubole.\n";
const VERSIONS = ['v1.2', 'v1.3', 'v2', 'v2.0', 'v2.1', 'v2.2', 'latest'];

export interface QuboleOptions {
  /** 0 or none: any free one. */
  port?: number;
  /** What callers must show; a random one without. */
  token?: string;
  /** By label, the first is for commands without one. All are down at first. */
  clusters?: string[];
  /** How long clusters take to start and to stop, and how long they idle. */
  bootMs?: number;
  idleMs?: number;
  results?: Results;
  /** How scripts are read; without it as the AWS SDK's own environment variables say. */
  s3?: S3ClientConfig;
  log?: (line: string) => void;
}

export interface Qubole {
  /** With `/api`, as clients take it. */
  url: string;
  token: string;
  stop(): Promise<void>;
}

/**
 * Starts a local server that speaks Qubole's API for commands and clusters, and runs the commands as processes of this
 * machine. `POST /_faults` makes requests go wrong, `POST /_clusters/LABEL` changes how a cluster behaves. `stop` kills
 * what runs.
 */
export async function startQubole(options: QuboleOptions = {}): Promise<Qubole> {
  const { port = 0, token = randomUUID(), bootMs = 2_000, idleMs = 600_000, log = () => {} } = options;
  const folder = await mkdtemp(join(tmpdir(), 'millrace-qubole-'));
  const storage = new Storage(options.s3 ?? {});
  const clusters = new Clusters(options.clusters ?? ['default', 'etl'], { bootMs, idleMs });
  const dbTaps = new DbTaps();
  const commands = new Commands(clusters, folder, { tools: findTools(), storage, dbTaps });
  const results = options.results ?? { inlineBytes: 20_000_000 };
  const call = operations({ commands, clusters, dbTaps, storage }, results);
  const faults = new Faults();
  const stopped = new AbortController();

  async function control(path: string, body: unknown): Promise<Reply | undefined> {
    if (path === '/_faults') {
      faults.order(read(faultSchema, body));
      return { json: {} };
    }
    const [, label] = /^\/_clusters\/([^/]+)$/.exec(path) ?? [];
    if (label === undefined) return undefined;
    const change = read(behaviourSchema, body);
    Object.assign(clusters.get(label), change);
    return { json: clusters.get(label).json };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (method === 'GET' && pathname === '/')
      return void response.setHeader('content-type', 'text/plain').end(WELCOME);
    const body = parsed(await text(request));
    if (method === 'POST' && pathname.startsWith('/_'))
      return reply(response, 200, await control(pathname, body));
    const [api, version = '', ...path] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
    if (api !== 'api' || !VERSIONS.includes(version))
      throw new ApiError(404, `there is nothing at ${pathname}`);
    if (!isSame(String(request.headers['x-auth-token'] ?? ''), token))
      throw new ApiError(401, 'Invalid Token');

    const fault = faults.next(method, pathname);
    if (fault?.kind === 'throttle') {
      const { retryAfterSeconds } = fault;
      const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
      throw new ApiError(429, 'Too Many Requests', headers);
    }
    const done = await call({ method, path, query, body });
    if (done === undefined) throw new ApiError(404, `this stand-in has no ${method} ${path.join('/')}`);
    log(`${method} ${path.join('/')}${fault === undefined ? '' : ` (${fault.kind})`}`);
    if (fault?.kind === 'lose-answer') return void request.socket.destroy();
    if (fault?.kind === 'fail-after') throw new ApiError(500, 'Something went wrong');
    if (fault?.kind === 'slow') await sleep(fault.delayMs, undefined, { signal: stopped.signal });
    reply(response, 200, done);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (stopped.signal.aborted) return;
      const refusal = error instanceof ApiError ? error : new ApiError(500, String(error));
      if (refusal.status === 500)
        log(error instanceof Error ? (error.stack ?? error.message) : String(error));
      reply(response, refusal.status, { json: refusal.body, headers: refusal.headers });
    });
  });
  return {
    url: `${await listen(server, port)}/api`,
    token,
    async stop() {
      stopped.abort();
      close(server);
      await commands.close();
      clusters.close();
      storage.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function reply(response: ServerResponse, status: number, answer: Reply | undefined): void {
  if (answer === undefined) return reply(response, 404, { json: new ApiError(404, 'there is nothing').body });
  const { json, text: plain, headers = {} } = answer;
  const type = json === undefined ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  response
    .writeHead(status, { 'content-type': type, 'x-qubole-trace-id': randomUUID(), ...headers })
    .end(json === undefined ? plain : JSON.stringify(json));
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body || '{}');
  } catch {
    throw new ApiError(400, 'The body is not JSON');
  }
}

function read<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error } },
  body: unknown,
): T {
  const result = schema.safeParse(body);
  if (!result.success) throw invalid(result.error.message);
  return result.data;
}

const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
