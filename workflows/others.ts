import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { brief } from './activities.ts';
import { faultOf, type Fault } from './failures.ts';
import { leave, type RunEnd } from './rendezvous.ts';

/** A run that this one waits for has ended. A person may send it as well, to wait no longer. */
export const otherEnded = defineSignal<[RunEnd]>('otherEnded');

/** The runs that have to be done before the first step. They may fail: a rerun may still be done. */
export class Others {
  /** Why it could not be found out whether they are done. */
  fault: Fault | undefined;
  /** By their IDs, with the status in which they ended last. */
  readonly #missing: Map<string, string | undefined>;
  readonly #changed: () => void;

  constructor(after: readonly string[], changed: () => void) {
    this.#missing = new Map(after.map((id) => [id, undefined]));
    this.#changed = changed;
    // Whoever sends it may send anything.
    setHandler(otherEnded, (end?: Partial<RunEnd>) => this.#hear(end?.workflowId, end?.status));
  }

  get areMet(): boolean {
    return this.#missing.size === 0;
  }

  get waitsFor(): string[] {
    return [...this.#missing.keys()];
  }

  /** What is waited for, in words, after these words; empty when nothing is. */
  words(before: string): string {
    if (this.areMet) return '';
    const runs = [...this.#missing].map(([id, status]) =>
      status === undefined ? id : `${id}, which was ${status}`,
    );
    return `${before}waits for ${runs.join(' and ')}`;
  }

  /** Waits until all are done. False when it was cancelled before, or when there is a `fault`. */
  async areDone(): Promise<boolean> {
    const asked = this.waitsFor;
    if (asked.length === 0) return true;
    const waiter = workflowInfo().workflowId;
    try {
      await Promise.all(
        asked.map(async (other) => {
          if (await brief(`looks whether ${other} is done`).meetOther({ other, waiter }))
            this.#hear(other, 'done');
        }),
      );
      await condition(() => this.areMet);
      return true;
    } catch (error) {
      if (!isCancellation(error)) this.fault = faultOf(error);
      await CancellationScope.nonCancellable(() =>
        Promise.all(this.waitsFor.map((id) => leaves(id, waiter))),
      );
      return false;
    }
  }

  #hear(id: string | undefined, status: string | undefined): void {
    if (id === undefined || !this.#missing.has(id)) return;
    if (status === 'done') this.#missing.delete(id);
    else this.#missing.set(id, status);
    this.#changed();
  }
}

/** Where nobody meets any more, nobody needs to be told. */
const leaves = (other: string, waiter: string): Promise<void> =>
  getExternalWorkflowHandle(`${other}/rendezvous`)
    .signal(leave, waiter)
    .catch(() => {});
