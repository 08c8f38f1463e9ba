import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

const tools = JSON.parse(readFileSync(new URL('../../.millrace/tools.json', import.meta.url), 'utf8')) as {
  qds?: string | null;
  aws?: string | null;
};

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

/** Where the programs of the test set-up are. */
export const toolsFolder = dirname(tools.aws ?? '');

/** Runs a script in the Python that has the official SDK. */
export async function python(args: string[]): Promise<Said> {
  if (typeof tools.qds !== 'string') throw new Error('qds.py is missing; run node scripts/setup.mjs --test');
  const child = spawn(join(dirname(tools.qds), 'python'), ['-W', 'ignore', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ]);
  return { code, stdout, stderr };
}

/** Runs Qubole's own command line. `poll`: how often it asks, in seconds. */
export const qds = (url: string, token: string, ...args: string[]): Promise<Said> =>
  python([
    tools.qds ?? '',
    '--token',
    token,
    '--url',
    url,
    '--poll_interval',
    '1',
    '--base_retry_delay',
    '1',
    '--max_retries',
    '1',
    ...args,
  ]);
