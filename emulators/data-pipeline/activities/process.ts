import { spawn } from 'node:child_process';
import type { ActivityWork } from '../types/type.ts';

/** How long a cancelled command has between SIGTERM and SIGKILL. */
const GRACE_MS = 2_000;
const KEPT_CHARACTERS = 2_000;

export interface ProcessOptions extends Pick<ActivityWork, 'signal'> {
  file: string;
  args: string[];
  /** Beside the stand-in's own environment. */
  env?: Record<string, string>;
  /** What it is called in an error. */
  name?: string;
  out?(text: string): void;
  err?(text: string): void;
}

/** Runs a program to its end; rejects with its exit code and the end of its stderr. */
export async function runProcess(options: ProcessOptions): Promise<void> {
  const { file, args, env = {}, signal, name = 'the command', out, err } = options;
  signal.throwIfAborted();
  // A process group of its own, so that a cancel reaches what the command started, too.
  const child = spawn(file, args, {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let tail = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => out?.(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-KEPT_CHARACTERS);
    err?.(text);
  });

  let killTimer: NodeJS.Timeout | undefined;
  const killGroup = (kill: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, kill);
    } catch {
      // The group is gone already.
    }
  };
  const onAbort = () => {
    killGroup('SIGTERM');
    killTimer = setTimeout(() => {
      killGroup('SIGKILL');
      // What left the group may hold the pipes open; it is not waited for.
      child.stdout.destroy();
      child.stderr.destroy();
    }, GRACE_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const [code, killedBy] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (...end) => resolve(end));
    });
    if (code === 0) return;
    const how = killedBy === null ? `ended with exit code ${code}` : `was killed by ${killedBy}`;
    throw new Error(`${name} ${how}${tail === '' ? '' : `: ${tail.trim()}`}`);
  } finally {
    clearTimeout(killTimer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Runs a shell's text; `args` become `$1` and so on. */
export const runShell = (command: string, args: string[], options: Omit<ProcessOptions, 'file' | 'args'>) =>
  runProcess({ ...options, file: '/bin/sh', args: ['-c', command, 'sh', ...args] });
