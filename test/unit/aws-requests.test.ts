import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { DescribeStatementCommand, RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { afterEach, expect, test } from '@jest/globals';
import { fromAwsError } from '../../src/aws-error.ts';
import { awsRequests } from '../../src/aws-requests.ts';

let server: Server;
let client: RedshiftDataClient;

async function serve(listener: RequestListener, requestTimeoutMs: number) {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = new RedshiftDataClient({
    ...awsRequests(requestTimeoutMs),
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
}

afterEach(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

const describeIt = (Id: string) => client.send(new DescribeStatementCommand({ Id }));

test.each([
  ['that never answers', (() => {}) satisfies RequestListener],
  [
    'that falls silent in the middle of its answer',
    ((_, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('{');
    }) satisfies RequestListener,
  ],
])('a server %s is given up, and counts as away', async (_, listener) => {
  await serve(listener, 200);
  const error = await describeIt('x').then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(fromAwsError(error, 'describe a statement').type).toBe('Unavailable');
});

test('a hundred long polls do not keep another request waiting', async () => {
  let held = 0;
  await serve((request, response) => {
    request.setEncoding('utf8').on('data', (body: string) => {
      if (body.includes('long')) held += 1;
      else response.end(JSON.stringify({ Id: 'short', Status: 'FINISHED' }));
    });
  }, 20_000);
  // They end with the server.
  for (let n = 0; n < 100; n += 1) describeIt('long').catch(() => {});
  while (held < 50) await new Promise((resolve) => setTimeout(resolve, 10));
  await expect(describeIt('short')).resolves.toMatchObject({ Status: 'FINISHED' });
});
