import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { freePorts, LOOPBACK } from '../../src/cli/stack/port.ts';

test('free ports are all different, can be listened on, and are none that systems give to whoever asks for any', async () => {
  const ports = await freePorts(40);
  expect(new Set(ports).size).toBe(40);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_768);
    const server = createServer().listen(port, LOOPBACK);
    await once(server, 'listening');
    server.close();
  }
});
