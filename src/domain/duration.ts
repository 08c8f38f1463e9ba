const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const DURATION = /^(\d+)(ms|s|m|h|d)$/;

/** Reads a duration like `500ms`, `30s`, `15m`, `4h` or `365d` as milliseconds. */
export function parseDuration(text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  const durationMs = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (Number.isSafeInteger(durationMs)) return durationMs;
  throw new Error(
    `${JSON.stringify(text)} is no duration; write a whole number and a unit, like 500ms, 30s, 15m, 4h or 365d`,
  );
}

/** Writes milliseconds for people: `1m 30s`. */
export function formatDuration(durationMs: number): string {
  let restMs = Math.round(durationMs);
  const parts: string[] = [];
  for (const [unit, unitMs] of Object.entries(UNIT_MS).reverse()) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(' ') || '0s';
}
