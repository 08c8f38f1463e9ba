import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError } from '../error.ts';

/** What `.millrace/dev.json` says of the stack that runs. */
export interface Announcement {
  /** Temporal's. */
  address: string;
  namespace: string;
  ui: string | null;
  env: Record<string, string>;
  pid: number;
}

/** Takes the folder for this process; gives how to release it. A claim of a process that died doesn't count. */
export function claim(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'pid');
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    while (!link(draft, file)) {
      const pid = Number(readFileSync(file, 'utf8'));
      if (isAlive(pid)) {
        const fix = `stop it, or remove ${file} if that process is another program`;
        throw new CliError('AlreadyRunning', `a local stack runs already, process ${pid}`, fix, {
          extra: { pid },
        });
      }
      rmSync(file, { force: true });
    }
    return () => rmSync(file, { force: true });
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A link appears with its content in one step, and only where nothing is. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Where the stack beside the configuration in `folder` is announced. */
export const announcementFile = (folder: string): string => join(folder, '.millrace', 'dev.json');

/** Tells other commands what runs; gives how to take it back. */
export function announce(file: string, announcement: Announcement): () => void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(announcement, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return () => rmSync(file, { force: true });
}

/** The stack of `millrace dev` that runs beside the configuration in `folder`, if one does. */
export function runningDev(folder: string): Announcement | undefined {
  try {
    const announcement = JSON.parse(readFileSync(announcementFile(folder), 'utf8')) as Announcement;
    return isAlive(announcement.pid) ? announcement : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
