import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { createEmr } from './emr/operations.ts';
import type { Pace as ClusterPace } from './emr/cluster.ts';
import { Faults, faultSchema } from './faults.ts';
import { readJson, reply, replyWithError, ServiceError } from '../aws-json.ts';
import { close, listen } from '../loopback.ts';
import { type Operation } from './protocol.ts';
import type { Pace as ApplicationPace } from './serverless/application.ts';
import { createServerless } from './serverless/operations.ts';
import { Workshop } from './workshop.ts';

const WELCOME =
  "Millrace's local stand-in for Amazon EMR and EMR Serverless: steps and jobs are processes here. It is not AWS.\n" +
  'Point an AWS SDK or the AWS CLI at it with AWS_ENDPOINT_URL_EMR and AWS_ENDPOINT_URL_EMR_SERVERLESS, or --endpoint-url.\n';
const TARGET = 'ElasticMapReduce.';

export interface EmrOptions {
  /** 0 or none: any free one. */
  port?: number;
  log?: (line: string) => void;
  /** How S3 is reached; without it as the AWS SDK's own environment variables say. */
  s3?: S3ClientConfig;
  /** Added to the environment of steps and jobs. */
  env?: Record<string, string>;
  pace?: Partial<ClusterPace & ApplicationPace>;
}

/** How long things take: enough to be seen. */
const PACE = {
  startMs: 2_000,
  bootstrapMs: 1_000,
  terminateMs: 500,
  stopMs: 500,
  scheduleMs: 50,
  secondMs: 1_000,
  minuteMs: 60_000,
};

/**
 * Starts a local server that speaks the APIs of EMR and of EMR Serverless, and runs steps and jobs as processes.
 * Signatures aren't checked. `POST /_faults {"op", "kind", "count", "delayMs"}` makes the next calls of an operation
 * go wrong. `stop` ends what runs.
 */
export async function startEmr({
  port = 0,
  log = () => undefined,
  s3 = {},
  env = {},
  pace = {},
}: EmrOptions = {}): Promise<{ url: string; stop(): Promise<void> }> {
  const workshop = await Workshop.open(s3, env);
  const emr = createEmr(workshop, { ...PACE, ...pace });
  const serverless = createServerless(workshop, { ...PACE, ...pace });
  const faults = new Faults();
  const stopped = new AbortController();

  /** What a request asks for, by name, with what it takes. */
  async function called(request: IncomingMessage): Promise<{ name: string; run: Operation; input: unknown }> {
    const body = readJson(await text(request));
    const target = request.headers['x-amz-target'];
    if (target !== undefined) {
      const name = String(target).replace(TARGET, '');
      const run = Object.hasOwn(emr.operations, name) ? emr.operations[name] : undefined;
      if (run) return { name, run, input: body };
      throw new ServiceError('UnknownOperationException', `this stand-in has no operation ${name}`);
    }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    for (const { name, method, path, run } of serverless.routes) {
      const groups = path.exec(pathname)?.groups;
      if (method !== request.method || !path.test(pathname)) continue;
      const query = Object.fromEntries(
        [...new Set(searchParams.keys())].map((key) => [key, values(searchParams, key)]),
      );
      return { name, run, input: { ...body, ...query, ...groups } };
    }
    throw new ServiceError(
      'UnknownOperationException',
      `this stand-in has no ${request.method} ${pathname}`,
      404,
    );
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' && request.url === '/')
      return void response.setHeader('content-type', 'text/plain').end(WELCOME);
    if (request.url === '/_faults') {
      faults.order(faultSchema.parse(readJson(await text(request))));
      return reply(response, 200, {});
    }
    const { name, run, input } = await called(request);
    const fault = faults.next(name);
    if (fault?.kind === 'throttle') throw new ServiceError('ThrottlingException', 'Rate exceeded');
    if (fault?.kind === 'fail') throw new ServiceError('InternalFailure', 'it failed, as ordered', 500);
    const result = await run(input);
    log(`${name}${fault === undefined ? '' : ` (${fault.kind})`}`);
    if (fault?.kind === 'lose-answer') return void request.socket.destroy();
    if (fault?.kind === 'fail-after') throw new ServiceError('InternalFailure', 'it failed, as ordered', 500);
    if (fault?.kind === 'slow') await pause(fault.delayMs, undefined, { signal: stopped.signal });
    reply(response, 200, result);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!stopped.signal.aborted) replyWithError(response, error, { internal: 'InternalFailure', log });
    });
  });
  return {
    url: await listen(server, port),
    async stop() {
      stopped.abort();
      close(server);
      await Promise.all([emr.stop(), serverless.stop()]);
      await workshop.close();
    },
  };
}

function values(query: URLSearchParams, key: string): string | string[] | undefined {
  const all = query.getAll(key);
  return all.length > 1 ? all : all[0];
}
