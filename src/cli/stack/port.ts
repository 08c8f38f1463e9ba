import { randomInt } from 'node:crypto';
import getPort from 'get-port';

/** Everything local listens here, and nowhere else. */
export const LOOPBACK = '127.0.0.1';

/**
 * Below the ports that Linux (32768 to 60999) and macOS (49152 to 65535) give to whoever asks for any: one of those may
 * be another program's, or the near end of somebody's connection, by the time that a slow starter listens on it.
 */
const OURS = { from: 20_000, to: 32_767 };
const TRIES = 100;

/** Free ports on loopback, all different, and not given again by this process for a while. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await getPort({ host: LOOPBACK, port: candidates() }));
  return ports;
}

/** At random, because others like us look at the same time. */
const candidates = (): number[] => Array.from({ length: TRIES }, () => randomInt(OURS.from, OURS.to + 1));
