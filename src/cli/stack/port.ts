import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** Everything local listens here, and nowhere else. */
export const LOOPBACK = '127.0.0.1';

/** Free ports on loopback, all different. Somebody else may take one before it is used: unlikely, and then said. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, LOOPBACK));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
