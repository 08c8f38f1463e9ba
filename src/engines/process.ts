import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
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

/** What the kernel says of a process that has not ended; one that only waits for its parent has. */
function statOf(pid: number | string): string[] | undefined {
  try {
    // The second field is the program's name, which may hold spaces and brackets: start after its end.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields;
  } catch {
    return undefined;
  }
}

const ps = (...args: string[]): string => execFileSync('ps', args, { encoding: 'utf8' }).trim();

/** When a process started, or undefined if it is gone. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') return statOf(pid)?.[19];
  try {
    return ps('-o', 'lstart=', '-p', String(pid)) || undefined;
  } catch {
    return undefined;
  }
}

/** Whether anything runs in a process group: what a process started may outlive it. */
function groupLives(pgid: number): boolean {
  const id = String(pgid);
  if (process.platform !== 'linux') {
    const lines = ps('-eo', 'pgid=,stat=').split('\n');
    return lines.some((line) => {
      const [group, state = ''] = line.trim().split(/\s+/);
      return group === id && !state.startsWith('Z');
    });
  }
  return readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && statOf(pid)?.[2] === id);
}

export function ownIdentity(): ProcessIdentity {
  const startedAt = startOf(process.pid);
  if (startedAt === undefined) throw new Error(`cannot tell when process ${process.pid} started`);
  return { pid: process.pid, startedAt };
}

export const isAlive = ({ pid, startedAt }: ProcessIdentity): boolean => startOf(pid) === startedAt;

/** Waits until a process is gone; false if it is still there after `patienceMs`. */
export const isGoneWithin = (identity: ProcessIdentity, patienceMs: number): Promise<boolean> =>
  without(() => isAlive(identity), patienceMs);

async function without(lives: () => boolean, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (lives()) {
    if (Date.now() > deadline) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

/** Ends a process and all of its group, politely first; false if even SIGKILL doesn't end them. */
export async function stopProcess(identity: ProcessIdentity): Promise<boolean> {
  if (!isAlive(identity)) return true;
  const lives = () => isAlive(identity) || groupLives(identity.pid);
  for (const [signal, graceMs] of [
    ['SIGTERM', TERM_GRACE_MS],
    ['SIGKILL', KILL_GRACE_MS],
  ] as const) {
    try {
      process.kill(-identity.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    if (await without(lives, graceMs)) return true;
  }
  return false;
}
