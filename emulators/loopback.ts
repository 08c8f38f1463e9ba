import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Longer than clients keep a connection that they don't use: closing one that is just used again is a failure of ours. */
const KEEP_ALIVE_MS = 120_000;

/** Has a server listen on loopback, at any free port for 0; its URL. */
export async function listen(server: Server, port: number): Promise<string> {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends a server at once, also for those that are still connected. */
export function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}
