import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './clusters.ts';
import { CommandFailure } from './error.ts';
import { expand } from './macros.ts';
import { runCommand } from './programs/index.ts';
import type { Surroundings } from './programs/program.ts';
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
  start(cluster: Cluster, around: Pick<Surroundings, 'tools' | 'fetchScript'>): void {
    this.#ended = this.#run(cluster, around);
  }

  /** Says whether there was anything to kill. */
  kill(): boolean {
    if (hasEnded(this.status)) return false;
    this.status = 'cancelling';
    this.#abort.abort();
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

  async #run(cluster: Cluster, around: Pick<Surroundings, 'tools' | 'fetchScript'>): Promise<void> {
    let taken = false;
    let end: CommandStatus = 'done';
    try {
      await cluster.taken(this.#abort.signal);
      taken = true;
      this.startedAt = new Date();
      if (!this.#abort.signal.aborted) this.status = 'running';
      for (const part of this.parts) {
        end = await this.#runPart(part, around);
        if (end !== 'done') break;
      }
    } catch (error) {
      end = 'error';
      await this.#say(
        this.parts[0] as Part,
        `Cluster: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    if (taken) cluster.left();
    this.endedAt = new Date();
    this.status = this.#abort.signal.aborted ? 'cancelled' : end;
  }

  async #runPart(part: Part, around: Pick<Surroundings, 'tools' | 'fetchScript'>): Promise<CommandStatus> {
    if (this.#abort.signal.aborted) return 'cancelled';
    part.status = 'running';
    await mkdir(part.folder, { recursive: true });
    const [stdout, stderr] = await Promise.all([
      open(join(part.folder, 'stdout'), 'a'),
      open(join(part.folder, 'stderr'), 'a'),
    ]);
    try {
      const request = expand(part.request, this.request.macros ?? []);
      const output = { cwd: part.folder, stdout, stderr, signal: this.#abort.signal };
      const { exitCode } = await runCommand(request, { ...around, ...output });
      part.status = exitCode === 0 ? 'done' : 'error';
    } catch (error) {
      part.status = 'error';
      const message = error instanceof CommandFailure ? error.message : String(error);
      if (!this.#abort.signal.aborted) await stderr.appendFile(`${message}\n`);
    } finally {
      await Promise.all([stdout.close(), stderr.close()]);
    }
    if (this.#abort.signal.aborted) part.status = 'cancelled';
    return part.status;
  }

  async #say(part: Part, line: string): Promise<void> {
    await mkdir(part.folder, { recursive: true });
    const file = await open(join(part.folder, 'stderr'), 'a');
    await file.appendFile(`${line}\n`);
    await file.close();
  }
}
