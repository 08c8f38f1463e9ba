import { appendFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { LOOPBACK } from './port.ts';

export interface Webhook {
  url: string;
  stop(): Promise<void>;
}

/** Receives what `notify` sends: keeps it in a file, one JSON object a line, and tells `say`. */
export async function startWebhook(logFile: string, say: (text: string) => void): Promise<Webhook> {
  const server = createServer((request, response) => {
    void text(request).then(
      (body) => {
        appendFileSync(
          logFile,
          `${JSON.stringify({ at: new Date().toISOString(), path: request.url, body })}\n`,
        );
        say(`webhook: ${messageIn(body)}`);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}\n');
      },
      () => response.destroy(),
    );
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/`,
    async stop() {
      server.closeAllConnections();
      if (server.listening) await once(server.close(), 'close');
    },
  };
}

/** What a person would read of a message; the file has all of it. */
function messageIn(body: string): string {
  try {
    const { text: message } = JSON.parse(body) as { text?: unknown };
    return typeof message === 'string' ? message : body;
  } catch {
    return body;
  }
}
