import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { ApiError, invalid } from './error.ts';

const GREETING =
  "This is Millrace's local stand-in for the Amazon Redshift Data API, over PostgreSQL. It is not Amazon Redshift.\n" +
  'Point an AWS SDK or the AWS CLI at it with AWS_ENDPOINT_URL_REDSHIFT_DATA, or --endpoint-url.\n';

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const TARGET = 'RedshiftData.';

const perform = async (
  request: IncomingMessage,
  operations: Record<string, (body: unknown) => Promise<string>>,
): Promise<string> => {
  const target = String(request.headers['x-amz-target'] ?? '');
  const operation = target.startsWith(TARGET) ? operations[target.slice(TARGET.length)] : undefined;
  if (!operation) throw new ApiError('UnknownOperationException', `There is no operation ${target}.`);
  let body: unknown;
  try {
    body = JSON.parse((await text(request)) || '{}');
  } catch {
    throw new ApiError('SerializationException', 'The body is not JSON.');
  }
  if (typeof body !== 'object' || body === null) throw invalid('The body is not an object.');
  return operation(body);
};

const toApiError = (error: unknown, log: (line: string) => void): ApiError => {
  if (error instanceof ApiError) return error;
  log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return new ApiError('InternalServerException', 'The stand-in failed: its log says why.', 500);
};

/** Serves operations in the AWS JSON 1.1 protocol on 127.0.0.1. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export const serve = async (
  operations: Record<string, (body: unknown) => Promise<string>>,
  port: number,
  log: (line: string) => void,
): Promise<Server> => {
  const answer = (response: ServerResponse, status: number, body: string): void => {
    response.writeHead(status, { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': randomUUID() }).end(body);
  };
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/plain' }).end(GREETING);
      return;
    }
    perform(request, operations).then(
      (body) => answer(response, 200, body),
      (error: unknown) => {
        const { type, message, httpStatus, details } = toApiError(error, log);
        answer(response, httpStatus, JSON.stringify({ __type: type, message, Message: message, ...details }));
      },
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
};
