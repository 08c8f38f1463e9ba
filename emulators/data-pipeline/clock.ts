import { setTimeout as sleep } from 'node:timers/promises';
import type { Occurrence } from './occurrences.ts';

/** Timers of Node hold no more milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls `start` for each occurrence when it is due; those of the past at once. Ends with the last, or when aborted. */
export async function followClock(
  occurrences: Iterable<Occurrence>,
  start: (occurrence: Occurrence) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (const occurrence of occurrences) {
      for (let ms = 0; ms >= 0;) {
        ms = occurrence.dueAt.getTime() - Date.now();
        await sleep(Math.min(Math.max(ms, 0), LONGEST_MS), undefined, { signal });
        if (ms <= 0) break;
      }
      start(occurrence);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
