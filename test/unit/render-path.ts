import type { Captured } from '../../src/domain/event-path.ts';

/** A key that a path of `events` should read as these captures. */
export function renderPath(path: string, captured: Captured): string {
  const key = path.replaceAll(/\{(\w+)\}|\*/g, (_, capture?: keyof Captured) =>
    capture === undefined ? 'x' : (captured[capture] ?? ''),
  );
  return key.endsWith('/') ? `${key}part-0` : key;
}
