import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CountingProxy {
  /** Takes the place of the server's own URL. */
  url: string;
  /** How many requests have passed. */
  count(): number;
  close(): Promise<void>;
}

/** Stands before a server and counts what is asked of it. */
export async function countRequests(upstream: string): Promise<CountingProxy> {
  const { hostname, port, host, pathname } = new URL(upstream);
  let count = 0;
  const server = createServer((incoming, response) => {
    count += 1;
    const { method, url: path, headers } = incoming;
    const own = { hostname, port, method, path, headers: { ...headers, host } };
    const outgoing = request(own, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname.replace(/\/$/, '')}`,
    count: () => count,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
