import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { listen } from '../../emulators/loopback.ts';

/** A request as it passed, with its whole body. */
export interface Passed {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/**
 * What becomes of a request. `answer` keeps it from the server; all others pass it on and spoil what comes back: the
 * connection breaks before the answer (`lost`) or in the midst of it (`truncated`), nothing ever comes (`hang`), the
 * answer comes late (`slow`), or it is a page (`garbage`) or a failure (`failed`) although the server has done its work.
 */
export type Fault =
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  | { kind: 'lost' | 'truncated' | 'hang' | 'garbage' }
  | { kind: 'slow'; ms: number }
  | { kind: 'failed'; status: number };

type Matches = (request: Passed) => boolean;

/** Stands between an engine and its server, and spoils what it is told to. */
export class FaultProxy {
  readonly requests: Passed[] = [];
  readonly #server: Server;
  #origin = '';
  readonly #upstream: URL;
  readonly #faults: { matches: Matches; fault: Fault; times: number }[] = [];

  private constructor(upstream: string) {
    this.#upstream = new URL(upstream);
    this.#server = createServer((incoming, response) => {
      this.#pass(incoming, response).catch(() => response.destroy());
    });
  }

  static async start(upstream: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream);
    proxy.#origin = await listen(proxy.#server, 0);
    return proxy;
  }

  /** Takes the place of the server's own URL. */
  get url(): string {
    return `${this.#origin}${this.#upstream.pathname.replace(/\/$/, '')}`;
  }

  /** Spoils the next requests that match. */
  next(matches: Matches, fault: Fault, times = 1): void {
    this.#faults.push({ matches, fault, times });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = 'GET', url: path = '/', headers } = incoming;
    const passed = { method, path, headers, body: Buffer.concat(chunks).toString() };
    this.requests.push(passed);
    const fault = this.#take(passed);
    if (fault?.kind === 'answer') {
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(fault.body ?? '');
      return;
    }
    spoil(response, await this.#forward(passed), fault);
  }

  #take(passed: Passed): Fault | undefined {
    const found = this.#faults.find(({ matches, times }) => times > 0 && matches(passed));
    if (found) found.times -= 1;
    return found?.fault;
  }

  async #forward({ method, path, headers, body }: Passed): Promise<Answer> {
    const { hostname, port, host } = this.#upstream;
    const outgoing = request({ hostname, port, method, path, headers: { ...headers, host } });
    outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return { status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(chunks) };
  }
}

function spoil(response: ServerResponse, { status, headers, body }: Answer, fault: Fault | undefined): void {
  const { 'transfer-encoding': _, connection: _also, ...kept } = headers;
  const whole = { ...kept, 'content-length': String(body.length) };
  const type = { 'content-type': 'text/html' };
  switch (fault?.kind) {
    case 'lost':
      response.destroy();
      break;
    case 'hang':
      break;
    case 'truncated':
      response.writeHead(status, { ...whole, 'content-length': String(body.length + 100) });
      response.write(body.subarray(0, body.length / 2));
      setTimeout(() => response.destroy(), 50);
      break;
    case 'garbage':
      response.writeHead(200, type).end('<html>a page of somebody in between</html>');
      break;
    case 'failed':
      response.writeHead(fault.status, type).end('it broke afterwards');
      break;
    case 'slow':
      setTimeout(() => response.writeHead(status, whole).end(body), fault.ms);
      break;
    default:
      response.writeHead(status, whole).end(body);
  }
}
