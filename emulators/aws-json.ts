import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/*
 * The answers of AWS's JSON protocols: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html and, for EMR
 * Serverless, https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html, which names errors in a header.
 */

/** An answer that is an error: the SDKs turn `code` into an exception of that name. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export function reply(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const type = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
  response.writeHead(status, { ...type, ...headers }).end(JSON.stringify(body));
}

/** Anything but a ServiceError is a failure of the stand-in itself, under the name that the service has for its own. */
export function replyWithError(
  response: ServerResponse,
  error: unknown,
  { internal, log }: { internal: string; log: (line: string) => void },
): void {
  const message = error instanceof Error ? error.message : String(error);
  const { code, status } = error instanceof ServiceError ? error : { code: internal, status: 500 };
  log(`${code}: ${message}`);
  reply(response, status, { __type: code, message }, { 'x-amzn-errortype': code });
}

/** What a request's body says. */
export function readJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text || '{}') as Record<string, unknown>;
  } catch {
    throw new ServiceError('SerializationException', 'the body is no JSON');
  }
}
