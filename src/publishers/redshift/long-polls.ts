import { setTimeout as pause } from 'node:timers/promises';
import type { DescribeStatementResponse } from '@aws-sdk/client-redshift-data';
import { hasEnded } from '../../domain/state.ts';
import type { WorkState } from '../../ports.ts';
import { LONG_POLL_SECONDS, type DataApi } from './data-api.ts';
import { stateOf } from './statement.ts';

/** Each holds a socket; who waits beyond them is told by the list call that asks for all. */
const MOST_AT_ONCE = 32;
/** Up to this age a statement is looked at more often. */
const YOUNG_MS = 90_000;
/** How long an answer may be overdue before the poll asks for itself. */
const OVERDUE_MS = 15_000;
/** Ended statements whose description is kept, for their results. */
const KEPT = 500;

/**
 * How long a statement of that age is left alone between two long polls: a part of the time that it has taken, so that the
 * requests grow with its logarithm. Seven of them see ten minutes through.
 */
export const restMs = (ageMs: number): number => ageMs * (ageMs <= YOUNG_MS ? 0.25 : 0.45);

interface Look {
  state: WorkState;
  /** When the next answer must have come, in ms. */
  dueAt: number;
}

/** A statement that somebody wants to be told of. */
interface Watched {
  wakes: Set<() => void>;
  /** There while a long poll is under way for it. */
  poll?: AbortController;
}

/** The requests that wait at the Data API until a statement ends, and what they have told. */
export class LongPolls {
  readonly #api: DataApi;
  readonly #watched = new Map<string, Watched>();
  readonly #looks = new Map<string, Look>();
  readonly #ended = new Map<string, DescribeStatementResponse>();

  constructor(api: DataApi) {
    this.#api = api;
  }

  /** Calls `wake` when the statement has ended, or when that can't be told; returns how to stop. */
  watch(id: string, wake: () => void): () => void {
    const watched = this.#watched.get(id) ?? { wakes: new Set() };
    this.#watched.set(id, watched);
    watched.wakes.add(wake);
    this.#fill();
    return () => {
      watched.wakes.delete(wake);
      if (watched.wakes.size > 0 || this.#watched.get(id) !== watched) return;
      watched.poll?.abort();
      this.#drop(id);
    };
  }

  /** Begins long polls, the oldest statements first, as long as there is room. */
  #fill(): void {
    for (const [id, watched] of this.#watched) {
      if (this.#looks.size >= MOST_AT_ONCE) return;
      if (watched.poll === undefined) this.#begin(id, watched);
    }
  }

  #begin(id: string, watched: Watched): void {
    const poll = (watched.poll = new AbortController());
    this.#expect(id, { status: 'queued' }, 0);
    this.#untilEnded(id, poll.signal)
      // Whatever goes wrong here, the poll finds out and says.
      .catch(() => {})
      .finally(() => {
        if (poll.signal.aborted) return;
        this.#drop(id);
        for (const wake of watched.wakes) wake();
      });
  }

  #drop(id: string): void {
    this.#watched.delete(id);
    this.#looks.delete(id);
    this.#fill();
  }

  /** What a statement that has ended said; kept, so that its result needs no second request. */
  ended(id: string): DescribeStatementResponse | undefined {
    return this.#ended.get(id);
  }

  /** The state of a statement, where it is known without a request. */
  known(id: string): WorkState | undefined {
    const ended = this.#ended.get(id);
    if (ended) return stateOf(ended);
    const look = this.#looks.get(id);
    return look && look.dueAt > Date.now() ? look.state : undefined;
  }

  /** Takes note of a description that somebody asked for. */
  note(id: string, answer: DescribeStatementResponse): WorkState {
    const state = stateOf(answer);
    if (!hasEnded(state.status)) return state;
    this.#ended.set(id, answer);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > KEPT && oldest !== undefined) this.#ended.delete(oldest);
    return state;
  }

  async #untilEnded(id: string, signal: AbortSignal): Promise<void> {
    for (const beganAt = Date.now(); ;) {
      const askedAt = Date.now();
      const state = this.note(id, await this.#api.describe(id, LONG_POLL_SECONDS, signal));
      if (hasEnded(state.status)) return;
      // A server that answers at once knows no long polls.
      const shortest = Date.now() - askedAt < 1_000 ? 1_000 : 0;
      const pauseMs = Math.max(shortest, restMs(Date.now() - beganAt));
      this.#expect(id, state, pauseMs);
      await pause(pauseMs, undefined, { signal });
    }
  }

  #expect(id: string, state: WorkState, restMs: number): void {
    this.#looks.set(id, { state, dueAt: Date.now() + restMs + LONG_POLL_SECONDS * 1_000 + OVERDUE_MS });
  }
}
