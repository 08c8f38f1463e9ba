import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { ApiError, invalid } from './error.ts';
import { close, listen } from '../loopback.ts';
import { type Faults, readFault } from './faults.ts';
import type { Operation } from './operations.ts';

const GREETING =
  "This is Millrace's local stand-in for the Amazon Redshift Data API, over PostgreSQL. It is not Amazon Redshift.\n" +
  'Point an AWS SDK or the AWS CLI at it with AWS_ENDPOINT_URL_REDSHIFT_DATA, or --endpoint-url.\n';

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const TARGET = 'RedshiftData.';

export interface ServerOptions {
  operations: Record<string, Operation>;
  faults: Faults;
  restart: () => Promise<void>;
  log: (line: string) => void;
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  try {
    return JSON.parse((await text(request)) || '{}');
  } catch {
    throw new ApiError('SerializationException', 'The body is not JSON.');
  }
};

/** Performs a call of the API; undefined means that its connection is to be cut. */
const perform = async (
  request: IncomingMessage,
  { operations, faults }: ServerOptions,
  calls: Map<string, number>,
): Promise<string | undefined> => {
  const target = String(request.headers['x-amz-target'] ?? '');
  const name = target.startsWith(TARGET) ? target.slice(TARGET.length) : '';
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (!operation) throw new ApiError('UnknownOperationException', `There is no operation ${target}.`);
  calls.set(name, (calls.get(name) ?? 0) + 1);
  const body = await readBody(request);
  if (typeof body !== 'object' || body === null) throw invalid('The body is not an object.');
  const cut = await faults.meetCall(name);
  if (cut === 'cut') return undefined;
  const answer = await operation(body);
  return cut === 'cut-after' ? undefined : answer;
};

/** `POST` and `DELETE /_faults`, and `POST /_restart`: the stand-in misbehaves on order. */
const command = async (
  request: IncomingMessage,
  { operations, faults, restart }: ServerOptions,
): Promise<string> => {
  const what = `${request.method} ${request.url}`;
  if (what === 'POST /_restart') await restart();
  else if (what === 'DELETE /_faults') faults.clear();
  else if (what === 'POST /_faults') {
    const fault = readFault(await readBody(request));
    if (!fault.success) throw invalid(z.prettifyError(fault.error));
    if ('op' in fault.data && !Object.hasOwn(operations, fault.data.op))
      throw invalid(`There is no operation ${fault.data.op}.`);
    faults.order(fault.data);
  } else throw new ApiError('UnknownOperationException', `There is no ${what}.`, 404);
  return '{}';
};

const toApiError = (error: unknown, log: (line: string) => void): ApiError => {
  if (error instanceof ApiError) return error;
  log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return new ApiError('InternalServerException', 'The stand-in failed: its log says why.', 500);
};

/** Serves operations in the AWS JSON 1.1 protocol on 127.0.0.1. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export const serve = async (options: ServerOptions, port: number): Promise<{ url: string; stop(): void }> => {
  const answer = (response: ServerResponse, status: number, body: string): void => {
    response.writeHead(status, { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': randomUUID() }).end(body);
  };
  /** How often each operation was called, for `GET /_calls`. */
  const calls = new Map<string, number>();
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/_calls')
      return answer(response, 200, JSON.stringify(Object.fromEntries(calls)));
    if (request.method === 'GET') {
      response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/plain' }).end(GREETING);
      return;
    }
    const respond = request.url === '/' ? perform(request, options, calls) : command(request, options);
    respond.then(
      (body) => {
        if (body === undefined) request.socket.destroy();
        else answer(response, 200, body);
      },
      (error: unknown) => {
        const { type, message, httpStatus, details } = toApiError(error, options.log);
        answer(response, httpStatus, JSON.stringify({ __type: type, message, Message: message, ...details }));
      },
    );
  });
  return { url: await listen(server, port), stop: () => close(server) };
};
