import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './clusters.ts';
import { CommandFailure } from './error.ts';
import { expand } from './macros.ts';
import { runCommand } from './programs/index.ts';
import type { Account } from './programs/program.ts';
import type { CommandRequest, SimpleRequest } from './request.ts';

export type CommandStatus = 'waiting' | 'running' | 'cancelling' | 'cancelled' | 'error' | 'done';

interface Part {
  id: number;
  request: SimpleRequest;
  status: CommandStatus;
  folder: string;
}

export const hasEnded = (status: CommandStatus): boolean =>
  status === 'cancelled' || status === 'error' || status === 'done';

/** A command: one program, or those of a workflow in order. What it prints is in files below its folder. */
export class Command {
  readonly id: number;
  readonly request: CommandRequest;
  readonly createdAt = new Date();
  status: CommandStatus = 'waiting';
  startedAt: Date | undefined;
  endedAt: Date | undefined;
  readonly parts: Part[];
  readonly #abort = new AbortController();
  /** What it ends as, whatever its program says: it was killed, or its cluster went down. */
  #halted: 'cancelled' | 'error' | undefined;
  #ended: Promise<void> | undefined;

  /** `ids`: its own, and one for each part of a workflow. */
  constructor(request: CommandRequest, nextId: () => number, folder: string) {
    this.id = nextId();
    this.request = request;
    const requests = request.command_type === 'CompositeCommand' ? request.sub_commands : [request];
    this.parts = requests.map((part, index) => ({
      id: requests === request.sub_commands ? nextId() : this.id,
      request: part,
      status: 'waiting',
      folder: join(folder, String(this.id), String(index + 1)),
    }));
  }

  /** Runs it on the cluster, once that is up. */
  start(cluster: Cluster, around: Account): void {
    this.#ended = this.#run(cluster, around);
  }

  /** Says whether there was anything to kill. */
  kill(): boolean {
    if (hasEnded(this.status)) return false;
    this.status = 'cancelling';
    this.#halt('cancelled');
    return true;
  }

  async close(): Promise<void> {
    this.kill();
    await this.#ended;
  }

  /** What it has printed for its results, or for its log; of one part of a workflow if its number is given. */
  async printed(what: 'stdout' | 'stderr', sequenceNumber?: number): Promise<Buffer> {
    const parts =
      sequenceNumber === undefined ? this.parts : this.parts.slice(sequenceNumber - 1, sequenceNumber);
    const files = parts.map(({ folder }) => readFile(join(folder, what)).catch(() => Buffer.alloc(0)));
    return Buffer.concat(await Promise.all(files));
  }

  #halt(end: 'cancelled' | 'error'): void {
    this.#halted ??= end;
    this.#abort.abort();
  }

  async #run(cluster: Cluster, around: Account): Promise<void> {
    let end: CommandStatus = 'done';
    let words: string | undefined;
    const lost = (reason: string) => {
      words = `Cluster: ${reason}`;
      this.#halt('error');
    };
    const { timeout } = this.request;
    let timer: NodeJS.Timeout | undefined;
    try {
      await cluster.taken(this.#abort.signal, lost);
      this.startedAt = new Date();
      if (this.#halted === undefined) this.status = 'running';
      if (typeof timeout === 'number') {
        timer = setTimeout(() => {
          words = `Command timed out after ${timeout} seconds`;
          this.kill();
        }, timeout * 1_000);
      }
      for (const part of this.parts) {
        end = await this.#runPart(part, around);
        if (end !== 'done') break;
      }
    } catch (error) {
      end = 'error';
      words = `Cluster: ${error instanceof Error ? error.message : String(error)}`;
    }
    clearTimeout(timer);
    if (words !== undefined) await this.#say(this.parts[0] as Part, words);
    cluster.left(lost);
    this.endedAt = new Date();
    this.status = this.#halted ?? end;
  }

  async #runPart(part: Part, around: Account): Promise<CommandStatus> {
    if (this.#halted !== undefined) return this.#halted;
    part.status = 'running';
    await mkdir(part.folder, { recursive: true });
    const [stdout, stderr] = await Promise.all([
      open(join(part.folder, 'stdout'), 'a'),
      open(join(part.folder, 'stderr'), 'a'),
    ]);
    try {
      const request = expand(part.request, this.request.macros ?? []);
      const output = { cwd: part.folder, stdout, stderr, signal: this.#abort.signal };
      for (let left = retriesOf(part.request); ; left -= 1) {
        const { exitCode } = await runCommand(request, { ...around, ...output });
        part.status = exitCode === 0 ? 'done' : 'error';
        if (part.status === 'done' || left === 0 || this.#halted !== undefined) break;
        await stdout.truncate();
        await stderr.appendFile('Retrying\n');
      }
    } catch (error) {
      part.status = 'error';
      const message = error instanceof CommandFailure ? error.message : String(error);
      if (this.#halted === undefined) await stderr.appendFile(`${message}\n`);
    } finally {
      await Promise.all([stdout.close(), stderr.close()]);
    }
    if (this.#halted !== undefined) part.status = this.#halted;
    return part.status;
  }

  async #say(part: Part, line: string): Promise<void> {
    await mkdir(part.folder, { recursive: true });
    const file = await open(join(part.folder, 'stderr'), 'a');
    await file.appendFile(`${line}\n`);
    await file.close();
  }
}

/** How often a command that fails is run again: up to three times. */
const retriesOf = ({ retry }: SimpleRequest): number => Math.min(Math.max(Number(retry ?? 0) || 0, 0), 3);
