import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { inParallel } from '../domain/parallel.ts';

/** What one request takes. */
export const MOST_PER_REQUEST = 10;
const AT_ONCE = 8;

/** A message that was received: its handle is good until somebody else receives it. */
export interface QueueMessage {
  id: string;
  handle: string;
  body: string;
}

/** An SQS queue. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/ */
export class Queue {
  readonly url: string;
  readonly #sqs: SQSClient;

  constructor(sqs: SQSClient, url: string) {
    this.#sqs = sqs;
    this.url = url;
  }

  /** Throws what SQS says if the queue can't be reached. */
  async check(): Promise<void> {
    await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.url, AttributeNames: ['VisibilityTimeout'] }),
    );
  }

  /** Up to ten messages, which nobody else gets for so long; waits for one. */
  async receive(
    { waitSeconds, visibilitySeconds }: { waitSeconds: number; visibilitySeconds: number },
    abortSignal: AbortSignal,
  ): Promise<QueueMessage[]> {
    const request = new ReceiveMessageCommand({
      QueueUrl: this.url,
      MaxNumberOfMessages: MOST_PER_REQUEST,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: visibilitySeconds,
    });
    const { Messages = [] } = await this.#sqs.send(request, { abortSignal });
    return Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '' }: Message) => ({
      id: MessageId,
      handle: ReceiptHandle,
      body: Body,
    }));
  }

  async delete(messages: readonly QueueMessage[]): Promise<void> {
    await this.#inTens(messages, (Entries) =>
      this.#sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries })),
    );
  }

  /** How long nobody else gets them from now on; 0 gives them back. */
  async hide(messages: readonly QueueMessage[], seconds: number): Promise<void> {
    await this.#inTens(messages, (entries) =>
      this.#sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: this.url,
          Entries: entries.map((entry) => ({ ...entry, VisibilityTimeout: seconds })),
        }),
      ),
    );
  }

  async #inTens(
    messages: readonly QueueMessage[],
    send: (entries: { Id: string; ReceiptHandle: string }[]) => Promise<unknown>,
  ): Promise<void> {
    const tens = Array.from({ length: Math.ceil(messages.length / MOST_PER_REQUEST) }, (_, at) =>
      messages.slice(at * MOST_PER_REQUEST, (at + 1) * MOST_PER_REQUEST),
    );
    await inParallel(tens, AT_ONCE, (ten) =>
      send(ten.map(({ handle }, at) => ({ Id: String(at), ReceiptHandle: handle }))),
    );
  }
}
