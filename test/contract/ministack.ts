import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../src/cli/stack/port.ts';

const tools = JSON.parse(readFileSync(new URL('../../.millrace/tools.json', import.meta.url), 'utf8')) as {
  ministack: string;
  httpfs?: string;
};

/** DuckDB's extension for S3, as set-up found it. */
export const httpfs = tools.httpfs;

/** What any client of the local S3 uses. */
export const localS3 = { region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** A local S3 (and SQS) on a free port. */
export async function startMinistack(): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const [port = 0] = await freePorts(1);
  const server = spawn(tools.ministack, [], {
    env: { ...process.env, BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port) },
    stdio: 'ignore',
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (server.exitCode === null && server.kill()) await once(server, 'exit');
  };
  while (
    !(await fetch(endpoint).then(
      () => true,
      () => false,
    ))
  ) {
    if (server.exitCode !== null) throw new Error(`ministack ended with exit code ${server.exitCode}`);
    await sleep(50);
  }
  return { endpoint, stop };
}
