import { createHash } from 'node:crypto';
import type { LogPage } from '../../ports.ts';

/** How many lines tell where a reader stood. */
const MARK_LINES = 5;

/**
 * What came to a log since the last look. Livy keeps the newest lines only and counts them from 0 again, so a reader's
 * place is the lines before it, not a number; where those are gone the page says so.
 */
export function pieceOf(lines: readonly string[], from = ''): LogPage {
  const [count = '0', hash = ''] = from.split('-');
  const seen = Number(count);
  if (seen === 0) return { lines: [...lines], next: markOf(lines, lines.length) };
  // Nothing was dropped; else, from the end on, wherever the same lines stand.
  const places = [seen, ...Array.from({ length: lines.length }, (_, index) => lines.length - index)];
  const place = places.find((end) => end <= lines.length && hash === hashOf(lines, end, seen));
  const fresh = place === undefined ? ['… (lines that Livy keeps no longer)', ...lines] : lines.slice(place);
  if (fresh.length === 0) return { lines: [], next: from };
  return { lines: fresh, next: markOf(lines, lines.length) };
}

const markOf = (lines: readonly string[], seen: number): string => `${seen}-${hashOf(lines, seen, seen)}`;

function hashOf(lines: readonly string[], end: number, seen: number): string {
  const marked = lines.slice(Math.max(0, end - Math.min(MARK_LINES, seen)), end);
  return createHash('sha256').update(marked.join('\n')).digest('hex').slice(0, 16);
}
