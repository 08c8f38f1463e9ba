import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { close, listen } from '../../emulators/loopback.ts';

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
  const origin = await listen(server, 0);
  return {
    url: `${origin}${pathname.replace(/\/$/, '')}`,
    count: () => count,
    async close() {
      close(server);
      await once(server, 'close');
    },
  };
}
