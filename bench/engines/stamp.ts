import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 5;

/** A moment that a job itself notes, on this machine's clock. */
export class Stamp {
  readonly #file: string;

  constructor(folder: string, name: string) {
    this.#file = join(folder, name);
  }

  /** The line of a script that notes it. */
  get line(): string {
    return `date +%s%N >'${this.#file}.new' && mv '${this.#file}.new' '${this.#file}'`;
  }

  /** In ms since 1970, once it was noted. */
  async at(): Promise<number> {
    while (!existsSync(this.#file)) await sleep(LOOK_EVERY_MS);
    return Number(BigInt(readFileSync(this.#file, 'utf8').trim()) / 1_000n) / 1_000;
  }
}
