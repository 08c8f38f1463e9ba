import { EtlError } from '../src/domain/failure.ts';
import { hasEnded } from '../src/domain/state.ts';
import type { RemoteWork, WorkRef, WorkState } from '../src/ports.ts';

interface Waiter {
  ref: WorkRef;
  resolve(state: WorkState): void;
  reject(error: unknown): void;
  onState(state: WorkState | string): void;
  /** When it is asked about next. */
  dueMs: number;
  /** It has told of its end, which may come a moment later. */
  isWoken: boolean;
}

const LONGEST_BACKOFF_MS = 60_000;
/** How often work is asked about that tells of its end by itself: a message may be lost, or never sent. */
const SHORTEST_BACKSTOP_MS = 300_000;
const BACKSTOP_INTERVALS = 20;

/**
 * The one watcher of a connection: it polls for everybody who waits there, in as few requests as the vendor allows,
 * and settles their promises. A push wakes it at once; polling stays as the backstop, a seldom one for work that tells
 * of its end by itself.
 */
export class Watcher {
  readonly #work: Pick<RemoteWork<never>, 'poll' | 'watch'>;
  readonly #pollIntervalMs: number;
  readonly #backstopMs: number;
  readonly #waiters = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;
  #polling = false;
  /** Somebody asked while a poll was under way: its answer may be too old for them. */
  #again = false;
  #failures = 0;

  constructor(
    work: Pick<RemoteWork<never>, 'poll' | 'watch'>,
    pollIntervalMs: number,
    backstopMs = Math.max(BACKSTOP_INTERVALS * pollIntervalMs, SHORTEST_BACKSTOP_MS),
  ) {
    this.#work = work;
    this.#pollIntervalMs = pollIntervalMs;
    this.#backstopMs = backstopMs;
  }

  /**
   * Resolves with the state in which the work ended. Rejects with `JobLost` when the vendor no longer knows it, or with
   * whatever `cancelled` rejects with. `onState` hears where the work stands at each poll.
   */
  async ended(ref: WorkRef, cancelled: Promise<never>, onState: Waiter['onState']): Promise<WorkState> {
    let waiter: Waiter | undefined;
    const state = new Promise<WorkState>((resolve, reject) => {
      waiter = { ref, resolve, reject, onState, dueMs: 0, isWoken: false };
      this.#waiters.add(waiter);
    });
    let unwatch: (() => void) | undefined;
    try {
      unwatch = this.#work.watch?.(ref, () => {
        if (waiter) Object.assign(waiter, { dueMs: 0, isWoken: true });
        this.#pollSoon();
      });
      this.#pollSoon();
      return await Promise.race([state, cancelled]);
    } finally {
      unwatch?.();
      if (waiter) this.#waiters.delete(waiter);
      if (this.#waiters.size === 0) this.#rest();
    }
  }

  /** Nobody waits: the next who comes starts anew. */
  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A push must not undo the back-off of a connection that is in trouble. */
  #pollSoon(): void {
    if (this.#polling) this.#again = true;
    else if (this.#failures === 0) this.#schedule(0);
    else if (this.#timer === undefined) this.#schedule(this.#pollIntervalMs);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#poll(), delayMs);
  }

  async #poll(): Promise<void> {
    this.#timer = undefined;
    const now = Date.now();
    const waiters = [...this.#waiters].filter(({ dueMs }) => dueMs <= now);
    if (waiters.length === 0) return this.#scheduleNext();
    this.#polling = true;
    this.#again = false;
    let backoffMs: number | undefined;
    // Before the answer is there: who is woken meanwhile is due at once.
    for (const waiter of waiters)
      waiter.dueMs = waiter.ref.pushed && !waiter.isWoken ? now + this.#backstopMs : 0;
    try {
      const refs = new Map(waiters.map(({ ref }) => [ref.id, ref]));
      const states = await this.#work.poll([...refs.values()]);
      this.#failures = 0;
      for (const waiter of waiters) settle(waiter, states.get(waiter.ref.id));
    } catch (error) {
      backoffMs = this.#afterError(error, waiters);
      for (const waiter of waiters) waiter.dueMs = 0;
    }
    this.#polling = false;
    if (this.#again && this.#failures === 0 && this.#waiters.size > 0) this.#schedule(0);
    else this.#scheduleNext(backoffMs);
  }

  /** After a back-off, else when the next one is due, and not before an interval is over. */
  #scheduleNext(backoffMs?: number): void {
    if (this.#waiters.size === 0) return;
    const nextDueMs = Math.min(...[...this.#waiters].map(({ dueMs }) => dueMs));
    this.#schedule(backoffMs ?? Math.max(nextDueMs - Date.now(), this.#pollIntervalMs));
  }

  /** What passes by itself is waited for; what does not ends the waiting. Returns when to poll next, in ms. */
  #afterError(error: unknown, waiters: Waiter[]): number {
    if (!(error instanceof EtlError) || (error.type !== 'Unavailable' && error.type !== 'Throttled')) {
      for (const { reject } of waiters) reject(error);
      return this.#pollIntervalMs;
    }
    this.#failures += 1;
    for (const { onState } of waiters) onState(error.message);
    const backoffMs = Math.min(this.#pollIntervalMs * 2 ** Math.min(this.#failures, 10), LONGEST_BACKOFF_MS);
    return Math.max(error.retryAfterMs ?? 0, backoffMs);
  }
}

/** One watcher for each connection, made when somebody first waits there. */
export class Watchers {
  readonly #pollIntervalMs: number;
  readonly #byWork = new Map<object, Watcher>();

  constructor(pollIntervalMs: number) {
    this.#pollIntervalMs = pollIntervalMs;
  }

  of(work: RemoteWork<never>): Watcher {
    let watcher = this.#byWork.get(work);
    if (!watcher) this.#byWork.set(work, (watcher = new Watcher(work, this.#pollIntervalMs)));
    return watcher;
  }
}

function settle(waiter: Waiter, state: WorkState | EtlError | undefined): void {
  if (state === undefined) {
    waiter.reject(
      new EtlError('JobLost', `nobody knows the job ${waiter.ref.id} any more`, {
        details: { ref: waiter.ref.id },
      }),
    );
  } else if (state instanceof EtlError) {
    waiter.reject(state);
  } else {
    waiter.onState(state);
    if (hasEnded(state.status)) waiter.resolve(state);
  }
}
