import { EventEmitter, once, setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { EtlError } from '../domain/failure.ts';
import { gathered, routed, type Delivery, type EventRouter, type Routed } from './event-router.ts';
import { readNotification } from './notification.ts';
import { inParallel } from '../domain/parallel.ts';
import { MOST_PER_REQUEST, type Queue, type QueueMessage } from './queue.ts';

/** What became of messages. All but `accepted` are left, for the queue's redrive policy to move away. */
export interface ConsumerCounts {
  received: number;
  /** Temporal has what they say, or they are about files that are left out. */
  accepted: number;
  signals: number;
  test: number;
  foreign: number;
  malformed: number;
  unmatched: number;
  /** Temporal refused what they say. */
  refused: number;
}

type Left = NonNullable<Routed['left']> | 'refused';

export interface ConsumerOptions {
  queue: Queue;
  router: () => Promise<EventRouter>;
  send: (delivery: Delivery) => Promise<void>;
  say: (text: string) => void;
  /** How long a message is ours before it must be asked for again. */
  visibilitySeconds?: number;
  /** How many messages are held at most: no more are received until some are gone. */
  mostHeld?: number;
}

const LONG_POLL_SECONDS = 20;
const MOST_RECEIVERS = 8;
const SIGNALS_AT_ONCE = 16;
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 15_000;
/** Of what is left so many of each kind are told one by one, then every thousandth. */
const TOLD_ONE_BY_ONE = 10;

/**
 * Takes notifications from a queue and signals the workflows that gather new data: one signal for each workflow and
 * batch. A message is deleted when Temporal has what it says; until then it is kept hidden from other consumers.
 */
export class QueueConsumer {
  readonly counts: ConsumerCounts = {
    received: 0,
    accepted: 0,
    signals: 0,
    test: 0,
    foreign: 0,
    malformed: 0,
    unmatched: 0,
    refused: 0,
  };
  readonly #options: Required<ConsumerOptions>;
  readonly #held = new Set<QueueMessage>();
  #waiting: QueueMessage[] = [];
  #receivers = 0;
  /** Says `change` whenever messages came or went. */
  readonly #news = new EventEmitter().setMaxListeners(0);

  constructor(options: ConsumerOptions) {
    this.#options = { visibilitySeconds: 60, mostHeld: 1_000, ...options };
  }

  /** Runs until the signal; then gives back what it still holds. */
  async run(signal: AbortSignal): Promise<void> {
    // Each receiver and each signal under way listens.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', () => this.#news.emit('change'));
    const keeping = this.#keepHidden(signal);
    const receiving = this.#receive(signal, true);
    await this.#dispatch(signal);
    await Promise.all([receiving, keeping]);
    await this.#options.queue.hide([...this.#held], 0).catch(() => {});
    this.#held.clear();
  }

  /** One receiver waits for messages; while they come by tens, others help. */
  async #receive(signal: AbortSignal, isFirst: boolean): Promise<void> {
    const { queue, mostHeld, visibilitySeconds, say } = this.#options;
    const helpers: Promise<void>[] = [];
    this.#receivers += 1;
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted;) {
      if (this.#held.size >= mostHeld) {
        await once(this.#news, 'change');
        continue;
      }
      try {
        const waitSeconds = isFirst ? LONG_POLL_SECONDS : 0;
        const messages = await queue.receive({ waitSeconds, visibilitySeconds }, signal);
        this.#take(messages);
        pauseMs = FIRST_PAUSE_MS;
        if (messages.length < MOST_PER_REQUEST && !isFirst) break;
        if (messages.length === MOST_PER_REQUEST && this.#receivers < MOST_RECEIVERS)
          helpers.push(this.#receive(signal, false));
      } catch (error) {
        if (signal.aborted) break;
        if (!isFirst) break;
        say(`${queue.url} can't be read: ${wordsOf(error)}; tries again`);
        await sleep(pauseMs, undefined, { signal }).catch(() => {});
        pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
      }
    }
    this.#receivers -= 1;
    await Promise.all(helpers);
  }

  #take(messages: QueueMessage[]): void {
    if (messages.length === 0) return;
    this.counts.received += messages.length;
    for (const message of messages) this.#held.add(message);
    this.#waiting.push(...messages);
    this.#news.emit('change');
  }

  /** All that came while the last batch was sent is the next one. */
  async #dispatch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#waiting.length === 0) {
        await once(this.#news, 'change');
        continue;
      }
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#send(batch, signal);
    }
  }

  async #send(batch: QueueMessage[], signal: AbortSignal): Promise<void> {
    const { router, queue } = this.#options;
    const routes = await this.#persist(router, signal);
    if (!routes) return;
    const sorted = batch.map((message) => ({ message, ...routed(readNotification(message.body), routes) }));
    const refused = await this.#signal(gathered(sorted.flatMap(({ deliveries }) => deliveries)), signal);
    if (!refused) return;
    const accepted: QueueMessage[] = [];
    for (const { message, left, deliveries } of sorted) {
      const why = deliveries.some(({ workflowId }) => refused.has(workflowId)) ? 'refused' : left;
      if (why === undefined) accepted.push(message);
      else this.#leave(message, why);
    }
    // What can't be deleted comes again, and is then known.
    await queue.delete(accepted).catch((error: unknown) => this.#options.say(wordsOf(error)));
    this.counts.accepted += accepted.length;
    for (const { message } of sorted) this.#held.delete(message);
    this.#news.emit('change');
  }

  /** Signals all of them, for as long as it takes; gives those that were refused, or undefined when it was stopped. */
  async #signal(deliveries: Delivery[], signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    const refused = new Set<string>();
    const sent = await inParallel(deliveries, SIGNALS_AT_ONCE, async (delivery) => {
      const done = await this.#persist(async () => {
        try {
          await this.#options.send(delivery);
        } catch (error) {
          if (!(error instanceof EtlError) || error.type !== 'Rejected') throw error;
          refused.add(delivery.workflowId);
          this.#options.say(error.message);
        }
        return true;
      }, signal);
      if (done) this.counts.signals += 1;
      return done;
    });
    return sent.includes(undefined) ? undefined : refused;
  }

  /** Tries until it works, or until the signal. */
  async #persist<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (signal.aborted) return undefined;
        if (pauseMs === FIRST_PAUSE_MS)
          this.#options.say(`${wordsOf(error)}; keeps ${this.#held.size} messages and tries again`);
        await sleep(pauseMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) return undefined;
      }
    }
  }

  #leave({ id, body }: QueueMessage, why: Left): void {
    const count = (this.counts[why] += 1);
    if (count > TOLD_ONE_BY_ONE && count % 1_000 !== 0) return;
    this.#options.say(`message ${id} is ${WORDS[why]}, and is left to the queue: ${body.slice(0, 300)}`);
  }

  /** Nobody else gets what is held, however long Temporal is away. */
  async #keepHidden(signal: AbortSignal): Promise<void> {
    const { queue, visibilitySeconds } = this.#options;
    for (;;) {
      await sleep((visibilitySeconds * 1_000) / 3, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await queue.hide([...this.#held], visibilitySeconds).catch(() => {});
    }
  }
}

const WORDS: Record<Left, string> = {
  test: 'a test of S3’s',
  foreign: 'no notification of a new object',
  malformed: 'not readable',
  unmatched: 'about a file that no pipeline’s events match',
  refused: 'about data that Temporal refused',
};

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
