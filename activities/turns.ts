/** How long the one whose turn it is has to begin before the next one looks. */
const HOLD_MS = 1_000;

/**
 * Lets those who wait for the end of one workflow go one after the other: each end wakes the first in line, and not
 * all of them, of whom all but one would have to wait again.
 */
export function createTurns(ended: (workflowId: string) => Promise<void>) {
  const lines = new Map<string, Promise<void>>();

  /** Resolves when the workflow has ended and nobody came before; rejects when `cancelled` does. */
  return async (workflowId: string, cancelled: Promise<never>): Promise<void> => {
    const before = lines.get(workflowId) ?? Promise.resolve();
    let leave = (): void => undefined;
    const gone = new Promise<void>((resolve) => (leave = resolve));
    const line = before.then(() => gone);
    lines.set(workflowId, line);
    void line.then(() => {
      if (lines.get(workflowId) === line) lines.delete(workflowId);
    });
    let holdMs = 0;
    try {
      await Promise.race([before, cancelled]);
      await Promise.race([ended(workflowId), cancelled]);
      holdMs = HOLD_MS;
    } finally {
      setTimeout(leave, holdMs).unref();
    }
  };
}
