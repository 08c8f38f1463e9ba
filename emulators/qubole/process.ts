import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';

/** How long a killed command has between SIGTERM and SIGKILL. */
const GRACE_MS = 2_000;

export interface ProcessOptions {
  stdin?: string;
  env?: Record<string, string>;
  cwd: string;
  stdout: FileHandle;
  stderr: FileHandle;
  signal: AbortSignal;
}

/** Runs a program to its end, in a process group of its own, so that a kill reaches what it started, too. */
export async function runProcess(
  command: string,
  args: readonly string[],
  { stdin, env = {}, cwd, stdout, stderr, signal }: ProcessOptions,
): Promise<{ exitCode: number }> {
  signal.throwIfAborted();
  const child = spawn(command, args, {
    cwd,
    detached: true,
    env: { ...process.env, ...env },
    stdio: [stdin === undefined ? 'ignore' : 'pipe', stdout.fd, stderr.fd],
  });
  // A program that doesn't read all of its input is no error of ours.
  child.stdin?.on('error', () => {}).end(stdin);
  let killTimer: NodeJS.Timeout | undefined;
  const kill = (how: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, how);
    } catch {
      // The group is gone already.
    }
  };
  const onAbort = () => {
    kill('SIGTERM');
    killTimer = setTimeout(() => kill('SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const [code, killedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (killedBy !== null && !signal.aborted) await stderr.appendFile(`killed by ${killedBy}\n`);
    return { exitCode: code ?? 1 };
  } finally {
    clearTimeout(killTimer);
    // What the command left behind in its group.
    kill('SIGKILL');
    signal.removeEventListener('abort', onAbort);
  }
}
