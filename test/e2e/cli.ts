import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

type Env = Record<string, string | undefined>;

/** Runs a program to its end. */
export async function runProgram(command: string, args: string[], env: Env = {}, cwd = ROOT): Promise<Ran> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Runs a command of ours to its end. */
export const millrace = (args: string[], env?: Env, cwd?: string): Promise<Ran> =>
  runProgram(process.execPath, [MAIN, ...args], env, cwd);

export interface Started {
  child: ChildProcess;
  /** The first line on stdout, as JSON. */
  ready: Promise<unknown>;
  ended: Promise<number | null>;
  stderr(): string;
}

/** Starts a command of ours that stays. */
export function startMillrace(args: string[], env: Env = {}, cwd = ROOT): Started {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const ready = new Promise<unknown>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    void ended.then((code) => reject(new Error(`millrace ${args.join(' ')} ended with ${code}:\n${stderr}`)));
  });
  return { child, ready, ended, stderr: () => stderr };
}

/** Asks until there is an answer; gives up long after it should have come. */
export async function until<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  { everyMs = 50, limitMs = 90_000 } = {},
): Promise<T> {
  for (const givenUpAt = Date.now() + limitMs; Date.now() < givenUpAt;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error('what the test waits for did not happen');
}
