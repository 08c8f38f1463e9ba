import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../error.ts';
import { tail, type Child } from './child.ts';

const LIMIT_MS = 60_000;

/**
 * Asks until the answer is yes. Throws when the process ends, says nothing for a minute, or `signal` is aborted;
 * an error in asking means not yet.
 */
export async function untilReady(
  child: Pick<Child, 'name' | 'ended' | 'logFile'>,
  signal: AbortSignal,
  ask: () => Promise<boolean>,
): Promise<void> {
  const giveUpAt = Date.now() + LIMIT_MS;
  for (;;) {
    signal.throwIfAborted();
    if (await ask().catch(() => false)) return;
    if (child.ended !== undefined) {
      throw notStarted(`${child.name} ended (${child.ended}) before it was ready`, child.logFile);
    }
    if (Date.now() > giveUpAt) {
      throw notStarted(`${child.name} was not ready after ${LIMIT_MS / 1000} s`, child.logFile);
    }
    await sleep(50);
  }
}

/** The stack can't be had because one of its processes can't. */
export const notStarted = (problem: string, logFile: string): CliError =>
  new CliError('StackFailed', problem, lastWords(logFile), { exitCode: 3 });

export const lastWords = (logFile: string): string => `its last words: ${tail(logFile)}. Log: ${logFile}`;

/** Whether a server answers, whatever it says. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return true;
}
