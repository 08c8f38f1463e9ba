import { condition, sleep } from '@temporalio/workflow';
import type { ArrivedFile } from '../src/domain/arrived-file.ts';

/** What one run of the workflow hands to the next. */
export interface InboxState {
  files: ArrivedFile[];
  unreadable: number;
  isComplete: boolean;
}

/** What signals have brought and nobody has looked at yet. */
export class Inbox {
  #files: ArrivedFile[];
  #unreadable: number;
  #rings = 0;
  /** Whether somebody said that the data is complete. */
  isComplete: boolean;
  /** The times at which timers ring: one that is there is used again, so that files that come one by one cost none. */
  readonly #alarms = new Set<number>();

  constructor(
    { files, unreadable, isComplete }: InboxState = { files: [], unreadable: 0, isComplete: false },
  ) {
    this.#files = files;
    this.#unreadable = unreadable;
    this.isComplete = isComplete;
  }

  put({ files, unreadable }: { files: ArrivedFile[]; unreadable: number }, atMs: number): void {
    const at = new Date(atMs).toISOString();
    for (const file of files) this.#files.push({ at, ...file });
    this.#unreadable += unreadable;
    this.ring();
  }

  complete(): void {
    this.isComplete = true;
  }

  get state(): InboxState {
    return { files: this.#files, unreadable: this.#unreadable, isComplete: this.isComplete };
  }

  get isEmpty(): boolean {
    return this.#files.length === 0 && this.#unreadable === 0;
  }

  take(): { files: ArrivedFile[]; unreadable: number } {
    const taken = { files: this.#files, unreadable: this.#unreadable };
    this.#files = [];
    this.#unreadable = 0;
    return taken;
  }

  /** Wakes the one who waits. */
  ring(): void {
    this.#rings += 1;
  }

  /** Returns when something more has come, when somebody rings, or at that time or before it. */
  async wait(untilMs: number | undefined, summary: string): Promise<void> {
    const nowMs = Date.now();
    if (untilMs !== undefined && ![...this.#alarms].some((atMs) => atMs <= untilMs)) {
      this.#alarms.add(untilMs);
      sleep(Math.max(1, untilMs - nowMs), { summary })
        .then(() => {
          this.#alarms.delete(untilMs);
          this.ring();
        })
        .catch(() => {});
    }
    const { isComplete } = this;
    const rings = this.#rings;
    await condition(() => this.#rings > rings || this.isComplete !== isComplete);
  }
}
