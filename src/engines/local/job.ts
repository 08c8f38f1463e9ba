import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ShellSpec, WorkState } from '../../ports.ts';
import { isAlive, type ProcessIdentity } from '../process.ts';

const TAIL_BYTES = 4_096;

/**
 * All that is known of a job is in its folder, in files that appear whole or not at all:
 *
 *   script.sh, env.json   what to do; the folder appears with them
 *   claim                 the process that runs it: number and start; only one can make this file. A cancel makes it, too
 *   cancel                somebody wants it to stop
 *   exit                  the script's exit code
 *   output.json           what the script wrote to $MILLRACE_OUTPUT
 *   log.txt               what it printed
 */
export class LocalJob {
  readonly key: string;
  readonly path: string;

  constructor(root: string, key: string) {
    this.key = key;
    this.path = join(root, key);
  }

  get log(): string {
    return join(this.path, 'log.txt');
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  get startedAt(): Date {
    return new Date(statSync(join(this.path, 'script.sh')).mtimeMs);
  }

  /** Makes the folder in one step; false if it was there. */
  make(root: string, { script, env }: ShellSpec): boolean {
    const fresh = join(root, `.new-${randomUUID()}`);
    mkdirSync(fresh, { recursive: true });
    writeFileSync(join(fresh, 'env.json'), JSON.stringify(env), { flush: true });
    writeFileSync(join(fresh, 'script.sh'), script, { flush: true });
    try {
      renameSync(fresh, this.path);
      return true;
    } catch (error) {
      rmSync(fresh, { recursive: true, force: true });
      if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
      throw error;
    }
  }

  get env(): Record<string, string> {
    return JSON.parse(readFileSync(join(this.path, 'env.json'), 'utf8')) as Record<string, string>;
  }

  get claim(): ProcessIdentity | undefined {
    const [pid, startedAt] = this.#read('claim')?.trim().split('\t') ?? [];
    return pid === undefined || startedAt === undefined ? undefined : { pid: Number(pid), startedAt };
  }

  /** Marks it as one to be stopped, and takes its claim unless a process has it: none will from now on. */
  markCancelled(): void {
    this.#place('cancel', '');
    this.#place('claim', '0\tnever\n');
  }

  /** Makes a file unless it is there. */
  #place(name: string, text: string): void {
    const fresh = join(this.path, `.${randomUUID()}`);
    writeFileSync(fresh, text);
    try {
      linkSync(fresh, join(this.path, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(fresh);
    }
  }

  state(): WorkState {
    // Looked at in this order: the code is written before the process ends.
    const claim = this.claim;
    const lives = claim !== undefined && isAlive(claim);
    const code = this.#read('exit')?.trim();
    if (code === '0') return { status: 'done' };
    if (code === undefined && lives) return { status: 'running' };
    if (existsSync(join(this.path, 'cancel'))) return { status: 'cancelled' };
    if (code === undefined && claim === undefined) return { status: 'queued' };
    const message = code === undefined ? 'its process was killed' : `exit code ${code}`;
    const logTail = this.logFrom(-TAIL_BYTES);
    const last = logTail.trimEnd().split('\n').at(-1)?.trim();
    return { status: 'failed', message: last ? `${message}: ${last.slice(0, 300)}` : message, logTail };
  }

  /** What the script wrote to `$MILLRACE_OUTPUT`; undefined where it wrote nothing. */
  get output(): string | undefined {
    return this.#read('output.json');
  }

  /** The log from a byte on; a negative one counts from its end. */
  logFrom(from: number): string {
    const log = Buffer.from(this.#read('log.txt') ?? '');
    return log.subarray(from).toString();
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(join(this.path, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
