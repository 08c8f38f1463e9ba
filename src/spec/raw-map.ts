/** What a map of a file is when its form need not be right. */
export type RawMap = Record<string, unknown>;

export const isRawMap = (value: unknown): value is RawMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
