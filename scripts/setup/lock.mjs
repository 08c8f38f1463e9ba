import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BEAT_MS = 2_000;
const STALE_AFTER_MS = 30_000;

/**
 * Runs `work` while no other process of this clone does: a file with our pid, touched while we live.
 * The lock of a process that died is taken over.
 */
export async function withLock(file, work, say) {
  await take(file, say);
  const beat = setInterval(() => touch(file), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(file, { force: true });
  }
}

async function take(file, say) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    for (let told = false; !link(mine, file);) {
      const owner = ownerOf(file);
      if (owner === undefined) continue;
      if (isStale(owner)) {
        removeStale(file, `${mine}.stale`);
        continue;
      }
      if (!told) say(`waiting for the set-up that runs already (process ${owner.pid})`);
      told = true;
      await sleep(200);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** A link appears with its content in one step, and only if no other is there. */
function link(from, to) {
  try {
    linkSync(from, to);
    touch(to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function ownerOf(file) {
  try {
    return { pid: Number(readFileSync(file, 'utf8')), beatAt: statSync(file).mtimeMs };
  } catch {
    return undefined;
  }
}

function isStale({ pid, beatAt }) {
  if (Date.now() - beatAt > STALE_AFTER_MS) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Moves the file away before looking again, so that a lock that was just taken by another is put back. */
function removeStale(file, aside) {
  try {
    renameSync(file, aside);
  } catch {
    return; // another process was faster
  }
  const owner = ownerOf(aside);
  if (owner !== undefined && !isStale(owner)) link(aside, file);
  rmSync(aside, { force: true });
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Gone: whoever took the lock over holds it now.
  }
}
