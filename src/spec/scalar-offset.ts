import type { Scalar } from 'yaml';

const ESCAPE_LENGTHS: Record<string, number> = { x: 4, u: 6, U: 10 };

const isSpace = (char: string | undefined): boolean => char !== undefined && /\s/.test(char);

/** Where the text of a scalar begins, after its quote, or after the header of its block. */
function contentStart(source: string, { type, range }: Scalar): number {
  const start = range?.[0] ?? 0;
  if (type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') return start + 1;
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') return source.indexOf('\n', start) + 1;
  return start;
}

/**
 * Where a character of a scalar's value stands in the source: indentation, folded lines and escapes make the source
 * longer than the value, so both are walked side by side.
 */
export function sourceOffset(source: string, scalar: Scalar, offset: number): number {
  const value = String(scalar.value);
  const end = scalar.range?.[1] ?? source.length;
  let at = contentStart(source, scalar);
  for (let index = 0; index <= offset && index < value.length; index++) {
    const char = value[index];
    const isEscape = (): boolean => scalar.type === 'QUOTE_DOUBLE' && source[at] === '\\';
    const matches = (): boolean =>
      isEscape() || source[at] === char || (isSpace(char) && isSpace(source[at]));
    while (at < end && !matches()) at += 1;
    if (index === offset) break;
    at += isEscape() ? (ESCAPE_LENGTHS[source.charAt(at + 1)] ?? 2) : 1;
    if (scalar.type === 'QUOTE_SINGLE' && char === "'") at += 1;
  }
  return Math.min(at, end);
}
