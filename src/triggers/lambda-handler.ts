import { gathered, routed, type Delivery, type EventRouter, type Routed } from './event-router.ts';
import { notificationOf, readNotification, type Notification } from './notification.ts';
import { inParallel } from '../domain/parallel.ts';

const SIGNALS_AT_ONCE = 16;

/** What Lambda is to do with the messages of a queue. */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

interface Item {
  /** Of a queue's message. */
  id?: string;
  notification: Notification;
}

/**
 * Handles an event of AWS Lambda: S3's own, SQS's, SNS's or EventBridge's. A queue is answered with the messages that
 * are to come again or to be put aside; for anything else an error lets Lambda do that with the whole event.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function createLambdaHandler({
  router,
  send,
}: {
  router: EventRouter;
  send: (delivery: Delivery) => Promise<void>;
}): (event: unknown) => Promise<BatchResponse | undefined> {
  return async (event) => {
    const items = itemsOf(event).map(({ id, notification }) => {
      const sorted = routed(notification, router);
      return { id, deliveries: sorted.deliveries, left: whyLeft(sorted) };
    });
    const failures = new Map<string, string>();
    await inParallel(gathered(items.flatMap(({ deliveries }) => deliveries)), SIGNALS_AT_ONCE, (delivery) =>
      send(delivery).catch((error: unknown) => {
        failures.set(delivery.workflowId, error instanceof Error ? error.message : String(error));
      }),
    );
    const left = items.flatMap(({ id, left, deliveries }) => {
      const failed = deliveries.flatMap(({ workflowId }) => failures.get(workflowId) ?? [])[0];
      const why = failed ?? left;
      return why === undefined ? [] : [{ id, why }];
    });
    for (const { id, why } of left) tell(`${id ?? 'the event'}: ${why}`);
    if (items.some(({ id }) => id !== undefined))
      return { batchItemFailures: left.map(({ id = '' }) => ({ itemIdentifier: id })) };
    const [first] = left;
    if (first) throw new Error(first.why);
    return undefined;
  };
}

function whyLeft({ left, unmatched }: Routed): string | undefined {
  if (unmatched) return `no pipeline's events match s3://${unmatched.bucket}/${unmatched.key}`;
  return left && `it is ${left}, not about a new object`;
}

function itemsOf(event: unknown): Item[] {
  const { Records } = (event ?? {}) as { Records?: unknown };
  const records = Array.isArray(Records) ? (Records as Record<string, unknown>[]) : [];
  if (records.length > 0 && records.every((record) => record?.['eventSource'] === 'aws:sqs'))
    return records.map(({ messageId, body }) => ({
      id: String(messageId),
      notification: readNotification(String(body)),
    }));
  if (records.length > 0 && records.every((record) => record?.['EventSource'] === 'aws:sns'))
    return records.map(({ Sns }) => ({
      notification: readNotification(String((Sns as { Message?: unknown } | undefined)?.Message)),
    }));
  return [{ notification: notificationOf(event) }];
}

/** Lambda's log is what is written to stderr. */
const tell = (text: string): void => void process.stderr.write(`${text}\n`);
