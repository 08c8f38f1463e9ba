import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const LONG_POLL_SECONDS = 20;
/** How soon another worker may get a message that is for one of its jobs. */
const VISIBLE_AGAIN_SECONDS = 2;
/** Whoever waited for it has long found out by a poll. */
const OLD_MS = 24 * 3600_000;
const PAUSE_AFTER_FAILURE_MS = 10_000;

const body = z.object({ millrace: z.string() });

/**
 * A queue to which jobs send their key when they end. It is asked, by long polls, while anybody watches; a message for
 * a key that nobody here watches is left to other workers. A queue that can't be reached is only slow: the watcher's
 * seldom polls find the end as well.
 */
export class Push {
  readonly #sqs: SQSClient;
  readonly #queue: string;
  readonly #wakes = new Map<string, Set<() => void>>();
  #listening: AbortController | undefined;

  constructor(sqs: SQSClient, queue: string) {
    this.#sqs = sqs;
    this.#queue = queue;
  }

  /** Calls `wake` when the job of that key says that it has ended; returns how to stop watching. */
  watch(key: string, wake: () => void): () => void {
    const wakes = this.#wakes.get(key) ?? new Set();
    this.#wakes.set(key, wakes.add(wake));
    if (this.#listening === undefined) {
      this.#listening = new AbortController();
      void this.#listen(this.#listening.signal);
    }
    return () => {
      wakes.delete(wake);
      if (wakes.size === 0 && this.#wakes.get(key) === wakes) this.#wakes.delete(key);
      if (this.#wakes.size > 0) return;
      this.#listening?.abort();
      this.#listening = undefined;
    };
  }

  async #listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for (const message of await this.#receive(signal)) await this.#take(message);
      } catch {
        await sleep(PAUSE_AFTER_FAILURE_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }

  async #receive(abortSignal: AbortSignal): Promise<Message[]> {
    const request = new ReceiveMessageCommand({
      QueueUrl: this.#queue,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: LONG_POLL_SECONDS,
      MessageSystemAttributeNames: ['SentTimestamp'],
    });
    const { Messages = [] } = await this.#sqs.send(request, { abortSignal });
    return Messages;
  }

  async #take({ Body = '', ReceiptHandle, Attributes }: Message): Promise<void> {
    const wakes = this.#wakes.get(keyOf(Body) ?? '');
    const message = { QueueUrl: this.#queue, ReceiptHandle };
    const isOld = Date.now() - Number(Attributes?.SentTimestamp ?? 0) > OLD_MS;
    if (wakes !== undefined || isOld) {
      for (const wake of wakes ?? []) wake();
      await this.#sqs.send(new DeleteMessageCommand(message));
    } else {
      const visibility = { ...message, VisibilityTimeout: VISIBLE_AGAIN_SECONDS };
      await this.#sqs.send(new ChangeMessageVisibilityCommand(visibility));
    }
  }
}

function keyOf(text: string): string | undefined {
  try {
    return body.parse(JSON.parse(text)).millrace;
  } catch {
    return undefined;
  }
}
