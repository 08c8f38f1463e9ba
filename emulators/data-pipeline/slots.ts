/** How many instances of a component run at once where `maxActiveInstances` doesn't say. */
const AT_ONCE = 5;

/** Keeps the runs of a backfill from starting all at once. */
export interface Slots {
  /** Waits for a turn; the function that it gives ends it. Rejects when it is aborted. */
  take(componentId: string, most: number | undefined, signal: AbortSignal): Promise<() => void>;
}

export function createSlots(): Slots {
  const taken = new Map<string, number>();
  const queues = new Map<string, (() => void)[]>();
  const count = (id: string, by: number) => taken.set(id, (taken.get(id) ?? 0) + by);
  return {
    async take(id, most = AT_ONCE, signal) {
      while ((taken.get(id) ?? 0) >= most) {
        signal.throwIfAborted();
        await new Promise<void>((resolve) => {
          queues.set(id, [...(queues.get(id) ?? []), resolve]);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      signal.throwIfAborted();
      count(id, 1);
      return () => {
        count(id, -1);
        const waiting = queues.get(id) ?? [];
        queues.delete(id);
        for (const wake of waiting) wake();
      };
    },
  };
}
