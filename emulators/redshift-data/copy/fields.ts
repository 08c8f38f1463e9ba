import type { CopyCommand } from './command.ts';
import { type Rejection, rejection } from './rejection.ts';

/** The fields of one row, and where the next row begins. */
export interface Row {
  fields: (string | null)[] | Rejection;
  end: number;
}

/** Takes apart the row that begins at `start`; undefined where the text ends before it does and more is to come. */
export type Split = (text: string, start: number, isLast: boolean) => Row | undefined;

const lineEnd = (text: string, start: number, isLast: boolean): number => {
  const end = text.indexOf('\n', start);
  return end < 0 && isLast ? text.length : end;
};

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

/** One field: its value, and the index of what follows it; undefined where its end isn't there yet. */
type Field = (
  text: string,
  at: number,
  isLast: boolean,
) => { value: string | null; end: number } | Rejection | undefined;

const fieldwise =
  (field: Field, delimiter: string): Split =>
  (text, start, isLast) => {
    const fields: (string | null)[] = [];
    for (let at = start; ;) {
      const found = field(text, at, isLast);
      if (!found) return undefined;
      if ('reason' in found) {
        const end = lineEnd(text, at, isLast);
        return end < 0 ? undefined : { fields: found, end: end + 1 };
      }
      fields.push(found.value);
      const follows = text.startsWith('\r\n', found.end) ? found.end + 1 : found.end;
      if (follows >= text.length || text[follows] === '\n') {
        return follows >= text.length && !isLast ? undefined : { fields, end: follows + 1 };
      }
      if (text[follows] !== delimiter) {
        const end = lineEnd(text, follows, isLast);
        return end < 0
          ? undefined
          : { fields: rejection(1216, 'Invalid quote formatting', found.end - at), end: end + 1 };
      }
      at = follows + 1;
    }
  };

const plainEnd = (text: string, at: number, delimiter: string): number => {
  let end = at;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end++;
  return text[end] === '\n' && text[end - 1] === '\r' && end > at ? end - 1 : end;
};

const csvField =
  (delimiter: string, quote: string): Field =>
  (text, at, isLast) => {
    if (text[at] !== quote) {
      const end = plainEnd(text, at, delimiter);
      return { value: text.slice(at, end), end };
    }
    let value = '';
    for (let from = at + 1; ;) {
      const close = text.indexOf(quote, from);
      if (close < 0) return isLast ? rejection(1216, 'Delimited value missing end quote') : undefined;
      if (close + 1 === text.length && !isLast) return undefined;
      value += text.slice(from, close);
      if (text[close + 1] !== quote) return { value, end: close + 1 };
      value += quote;
      from = close + 2;
    }
  };

/** A field of delimited text: a backslash takes the next character as it is (ESCAPE), quotes around it go (REMOVEQUOTES). */
const delimitedField =
  (delimiter: string, { escape, removeQuotes, nullAs }: CopyCommand): Field =>
  (text, at, isLast) => {
    const quote = removeQuotes && /["']/.test(text[at] ?? '') ? text[at] : undefined;
    let value = '';
    let end = quote ? at + 1 : at;
    for (; end < text.length; end++) {
      const character = text[end]!;
      if (escape && character === '\\') value += text[++end] ?? '';
      else if (quote ? character === quote : character === delimiter || character === '\n') break;
      else value += character;
    }
    if (end >= text.length && !isLast) return undefined;
    if (quote) {
      return end >= text.length
        ? rejection(1216, 'Delimited value missing end quote')
        : { value, end: end + 1 };
    }
    if (text[end] === '\n' && value.endsWith('\r')) {
      value = value.slice(0, -1);
      end--;
    }
    return { value: text.slice(at, end) === nullAs ? null : value, end };
  };

/** How rows of delimited text or CSV are taken apart. Lines in which nothing is quoted or escaped go the short way. */
export const splitOf = (command: CopyCommand): Split => {
  const csv = command.format === 'csv';
  const delimiter = command.delimiter ?? (csv ? ',' : '|');
  const special = csv
    ? [command.quote]
    : [command.escape ? '\\' : '', ...(command.removeQuotes ? ['"', "'"] : [])];
  const marks = special.filter((mark) => mark !== '');
  const slowly = fieldwise(
    csv ? csvField(delimiter, command.quote) : delimitedField(delimiter, command),
    delimiter,
  );
  return (text, start, isLast) => {
    const end = lineEnd(text, start, isLast);
    if (end < 0) return undefined;
    const line = text.slice(start, end);
    if (marks.some((mark) => line.includes(mark))) return slowly(text, start, isLast);
    return { fields: withoutReturn(line).split(delimiter), end: end + 1 };
  };
};

/** Rows whose columns have widths in characters and no delimiters. */
export const splitFixedWidth =
  (widths: readonly number[]): Split =>
  (text, start, isLast) => {
    const end = lineEnd(text, start, isLast);
    if (end < 0) return undefined;
    const line = Buffer.from(withoutReturn(text.slice(start, end)), 'latin1').toString('utf8');
    let at = 0;
    const fields = widths.map((width) => {
      const field = [...line.slice(at)].slice(0, width).join('');
      at += field.length;
      return Buffer.from(field, 'utf8').toString('latin1');
    });
    return { fields, end: end + 1 };
  };
