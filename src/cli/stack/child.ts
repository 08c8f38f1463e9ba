import { spawn, type StdioOptions } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../error.ts';

export interface ChildOptions {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Where what it says goes; `append` keeps what is there. */
  logFile: string;
  append: boolean;
  /** Keeps its stdout out of the log, for us to read. */
  readStdout?: boolean;
}

/** A process of ours, leader of a group of its own, so that Ctrl-C in a terminal reaches only us. */
export interface Child {
  name: string;
  pid: number;
  logFile: string;
  stdout: Readable | null;
  /** Says how it ended, once it did: "exit code 1", "SIGKILL". */
  readonly ended: string | undefined;
  exited: Promise<string>;
  /** Resolves once it and its group are gone: SIGTERM first, SIGKILL after `graceMs`. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL for it and its group, at once. */
  kill(): void;
}

export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, command, args, env, logFile, append, readStdout = false } = options;
  const log = openSync(logFile, append ? 'a' : 'w');
  const stdio: StdioOptions = ['ignore', readStdout ? 'pipe' : log, log];
  const process_ = spawn(command, args, { env, stdio, detached: true });
  closeSync(log);
  const pid = process_.pid;
  if (pid === undefined) {
    const [error] = (await once(process_, 'error')) as [Error];
    throw new CliError('StackFailed', `${name} can't be started: ${error.message}`, 'run `npm run setup`', {
      exitCode: 3,
    });
  }

  let ended: string | undefined;
  const exited = once(process_, 'exit').then(([code, signal]) => {
    ended = signal === null ? `exit code ${code}` : String(signal);
    killGroup(pid); // whatever it left behind
    return ended;
  });
  return {
    name,
    pid,
    logFile,
    stdout: process_.stdout,
    get ended() {
      return ended;
    },
    exited,
    async stop(graceMs) {
      if (ended !== undefined) return;
      process_.kill('SIGTERM');
      await Promise.race([exited, sleep(graceMs, undefined, { ref: false })]);
      if (ended === undefined) killGroup(pid);
      await exited;
    },
    kill: () => {
      if (ended === undefined) killGroup(pid);
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // nobody is left in it
  }
}

/** The last lines of a process's log, in one line. */
export function tail(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8')
    .split('\n')
    .map((line) => line.trim());
  return (
    lines
      .filter((line) => line !== '')
      .slice(-3)
      .join(' | ') || 'nothing'
  );
}
