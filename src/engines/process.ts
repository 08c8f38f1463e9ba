import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process, told apart from a later one that got the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the system's own words. */
  startedAt: string;
}

const TERM_GRACE_MS = 2_000;
const KILL_GRACE_MS = 10_000;
const LOOK_EVERY_MS = 10;

/** When a process started, or undefined if it is gone. One that has ended and waits for its parent is gone. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') {
      return (
        execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
      );
    }
    // The second field is the program's name, which may hold spaces and brackets: start after its end.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, start] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X' ? undefined : start;
  } catch {
    return undefined;
  }
}

export function ownIdentity(): ProcessIdentity {
  const startedAt = startOf(process.pid);
  if (startedAt === undefined) throw new Error(`cannot tell when process ${process.pid} started`);
  return { pid: process.pid, startedAt };
}

export const isAlive = ({ pid, startedAt }: ProcessIdentity): boolean => startOf(pid) === startedAt;

/** Waits until a process is gone; false if it is still there after `patienceMs`. */
export async function isGoneWithin(identity: ProcessIdentity, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (isAlive(identity)) {
    if (Date.now() > deadline) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

/** Ends a process and its group, politely first; false if even SIGKILL doesn't end it. */
export async function stopProcess(identity: ProcessIdentity): Promise<boolean> {
  for (const [signal, graceMs] of [
    ['SIGTERM', TERM_GRACE_MS],
    ['SIGKILL', KILL_GRACE_MS],
  ] as const) {
    if (!isAlive(identity)) return true;
    try {
      process.kill(-identity.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    if (await isGoneWithin(identity, graceMs)) return true;
  }
  return false;
}
