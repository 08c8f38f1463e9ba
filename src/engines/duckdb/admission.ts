import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  activeFolder,
  jobFolder,
  readClaim,
  readStarted,
  unclaim,
  writeClaim,
  writeStarted,
} from './job-folder.ts';
import type { JobFolder } from './job-folder.ts';
import { isAlive, ownIdentity } from '../process.ts';

/** The keys that a living process has. */
export function activeKeys(root: string): string[] {
  return readdirSync(activeFolder(root)).filter((key) => {
    const owner = readClaim(jobFolder(root, key));
    return owner !== undefined && isAlive(owner);
  });
}

/**
 * Takes a job for this process, unless another process has it, or as many as may are at work.
 *
 * Many processes may try this at once, and there is no lock that would vanish with its holder. So each shows its claim
 * before it counts the others: of too many, the last one to claim sees all the others and gives way. Of those still
 * undecided the first by key waits for the rest to give way, or all would.
 */
export async function admit(root: string, job: JobFolder, maxJobs: number): Promise<boolean> {
  if (!writeClaim(job, ownIdentity())) return false;
  for (;;) {
    const others = activeKeys(root).filter((key) => key !== job.key);
    if (others.length < maxJobs) {
      writeStarted(job);
      return true;
    }
    const ahead = others.filter((key) => key < job.key || readStarted(jobFolder(root, key)) !== undefined);
    if (ahead.length >= maxJobs) {
      unclaim(job);
      return false;
    }
    await sleep(5);
  }
}
