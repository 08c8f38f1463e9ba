import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import getPort from 'get-port';

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

/**
 * A port on loopback for a program that can't choose one itself. It is below those that systems give to whoever asks
 * for any, which might be taken before the program listens.
 */
export const freePort = (): Promise<number> =>
  getPort({ host: '127.0.0.1', port: Array.from({ length: 100 }, () => randomInt(20_000, 32_768)) });
