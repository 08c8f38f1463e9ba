import { z } from 'zod';
import { parseJobKey } from '../../domain/key.ts';
import type { Batch } from './batch.ts';

/** So many fit into a small note, and the newest are kept the longest. */
const MOST_WITNESSES = 100;

const witness = z.object({ id: z.number(), key: z.string().optional(), appId: z.string().optional() });

/** The note that a submission was sent, with the batches that Livy had then and that can be told from any other. */
export const sent = z.object({ atMs: z.number(), witnesses: z.array(witness).default([]) });

export type Sent = z.output<typeof sent>;

/** What is noted before a submission is sent. */
export const sentNow = (batches: readonly Batch[]): Sent => ({
  atMs: Date.now(),
  witnesses: batches.flatMap(witnessOf).slice(-MOST_WITNESSES),
});

/**
 * Whether Livy is sure to live as it did when that was noted: it still has a batch of then. Its numbers tell nothing by
 * themselves, for they begin at 0 again, and the newest batches may have been forgotten or deleted.
 */
export const hasLivedOn = ({ witnesses }: Sent, batches: readonly Batch[]): boolean => {
  const now = new Map(batches.flatMap(witnessOf).map((one) => [one.id, one]));
  return witnesses.some(({ id, key, appId }) => {
    const same = now.get(id);
    return (key !== undefined && key === same?.key) || (appId !== undefined && appId === same?.appId);
  });
};

/** Other people's names may come back with the same number; a key and an application's ID don't. */
function witnessOf({ id, name, appId }: Batch): z.output<typeof witness>[] {
  const key = name && parseJobKey(name) ? name : undefined;
  if (key === undefined && !appId) return [];
  return [{ id, ...(key !== undefined && { key }), ...(appId && { appId }) }];
}
