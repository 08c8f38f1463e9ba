import type { LoadError } from './failure.ts';

/** Where a load failed and why, in a line; the first of several. */
export function loadErrorWords(errors: readonly LoadError[]): string {
  const [first, ...more] = errors;
  if (!first) return '';
  const { file, line, column, type, value, reason } = first;
  const place = [
    file,
    ...(line === null ? [] : [`line ${line}`]),
    ...(column === null ? [] : [`column ${column}${type === null ? '' : ` (${type})`}`]),
  ].join(', ');
  const what = value === null || value === '' ? '' : `: the value ${JSON.stringify(value)}`;
  const rest = more.length === 0 ? '' : `; and ${more.length} more`;
  return `${place}${what}: ${reason}${rest}`;
}
