import type { Edits } from './edits.ts';
import { notDone, RedshiftError, syntaxErrorNear } from '../error.ts';
import { closing, hasWords, type Token } from './tokens.ts';
import { translateColumnType } from './types.ts';

/** The index behind a dotted name that begins at `at`. */
const nameEnd = (tokens: readonly Token[], at: number): number => {
  let end = at + 1;
  while (tokens[end]?.text === '.') end += 2;
  return end;
};

/** The index behind what stands in parentheses at `at`, or `at` if nothing does. */
const groupEnd = (tokens: readonly Token[], at: number): number =>
  tokens[at]?.text === '(' ? closing(tokens, at) + 1 : at;

const identityOptions = (tokens: readonly Token[], at: number): string => {
  const close = closing(tokens, at);
  const numbers = tokens
    .slice(at + 1, close)
    .map(({ text }) => text)
    .join('')
    .split(',');
  return `(START WITH ${numbers[0] ?? 1} INCREMENT BY ${numbers[1] ?? 1})`;
};

/**
 * Rewrites the attributes of a column between `from` and `to`: what only Redshift has goes, and so do foreign keys. Primary
 * and unique keys stay: an event trigger sees to it that they are not enforced (`system-tables.ts`).
 */
const translateAttributes = (tokens: readonly Token[], from: number, to: number, edits: Edits): void => {
  for (let at = from; at < to; at++) {
    const is = (...words: string[]) => hasWords(tokens, at, words);
    const { text } = tokens[at]!;
    if (text === '(') at = closing(tokens, at);
    else if (is('generated', 'always')) throw syntaxErrorNear(tokens[at + 1]!.text);
    else if (is('check')) throw new RedshiftError('CHECK constraints are not supported');
    else if (is('collate', 'case_insensitive')) throw notDone('COLLATE CASE_INSENSITIVE');
    else if (is('encode') || is('collate', 'case_sensitive')) edits.remove(at, ++at);
    else if (is('distkey') || is('sortkey')) edits.remove(at, at);
    else if (is('generated', 'by', 'default', 'as', 'identity')) {
      edits.replace(at + 5, closing(tokens, at + 5), identityOptions(tokens, at + 5));
      at = closing(tokens, at + 5);
    } else if (is('identity') && tokens[at + 1]?.text === '(') {
      const close = closing(tokens, at + 1);
      edits.replace(at, close, `GENERATED ALWAYS AS IDENTITY ${identityOptions(tokens, at + 1)}`);
      at = close;
    } else if (is('references')) {
      const end = groupEnd(tokens, nameEnd(tokens, at + 1));
      edits.remove(at, end - 1);
      at = end - 1;
    }
  }
};

/** The index behind `CONSTRAINT name`, or `at` if that doesn't stand there. */
const constraintStart = (tokens: readonly Token[], at: number): number =>
  tokens[at]?.word === 'constraint' ? at + 2 : at;

const isForeignKey = (tokens: readonly Token[], from: number): boolean =>
  hasWords(tokens, constraintStart(tokens, from), ['foreign', 'key']);

const isKey = (tokens: readonly Token[], from: number): boolean => {
  const at = constraintStart(tokens, from);
  return (
    hasWords(tokens, at, ['primary', 'key']) ||
    (hasWords(tokens, at, ['unique']) && tokens[at + 1]?.text === '(')
  );
};

interface Range {
  from: number;
  to: number;
}

const elements = (tokens: readonly Token[], open: number, close: number): Range[] => {
  const ranges: Range[] = [];
  let from = open + 1;
  for (let at = from; at <= close; at++) {
    if (tokens[at]!.text === '(') at = closing(tokens, at);
    else if (at === close || tokens[at]!.text === ',') {
      ranges.push({ from, to: at });
      from = at + 1;
    }
  }
  return ranges;
};

const translateElements = (
  tokens: readonly Token[],
  table: string,
  open: number,
  close: number,
  edits: Edits,
): void => {
  const all = elements(tokens, open, close);
  for (const [n, { from, to }] of all.entries()) {
    const first = tokens[from]!;
    if (isKey(tokens, from)) {
      // Names of keys are a table's own in Redshift, and a schema's in Postgres.
      const start = constraintStart(tokens, from);
      if (start > from) edits.remove(from, start - 1);
    } else if (isForeignKey(tokens, from)) {
      // The comma goes with it: the one before, or for a first element the one behind.
      if (n > 0) edits.remove(from - 1, to - 1);
      else edits.remove(from, all.length > 1 ? to : to - 1);
    } else if (first.word === 'check' || first.word === 'exclude') {
      throw new RedshiftError(`${first.text.toUpperCase()} constraints are not supported`);
    } else if (first.word !== 'like' && to > from + 1) {
      translateColumnType(tokens, from + 1, `${table}.${first.text}`, edits);
      translateAttributes(tokens, from + 1, to, edits);
    }
  }
};

/** Takes out DISTSTYLE, DISTKEY, SORTKEY, BACKUP and ENCODE behind the columns. */
const removeTableAttributes = (tokens: readonly Token[], from: number, edits: Edits): void => {
  for (let at = from; at < tokens.length;) {
    const { word, text } = tokens[at]!;
    if (word === 'as' || text === ';') return;
    let end: number;
    if (word === 'diststyle' || word === 'backup' || word === 'encode') end = at + 2;
    else if (word === 'compound' || word === 'interleaved') end = groupEnd(tokens, at + 2);
    else if (word === 'distkey') end = groupEnd(tokens, at + 1);
    else if (word === 'sortkey') end = tokens[at + 1]?.word === 'auto' ? at + 2 : groupEnd(tokens, at + 1);
    else throw syntaxErrorNear(text);
    edits.remove(at, end - 1);
    at = end;
  }
};

/** CREATE TABLE, with columns or AS a query. https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html */
export const translateCreateTable = (tokens: readonly Token[], edits: Edits): void => {
  const at = tokens.findIndex(({ word }) => word === 'table');
  const name = hasWords(tokens, at + 1, ['if', 'not', 'exists']) ? at + 4 : at + 1;
  if (!tokens[name]) return;
  if (tokens[name].text.startsWith('#') && at === 1) edits.insertAfter(0, ' TEMP');
  const end = nameEnd(tokens, name);
  const table = tokens
    .slice(name, end)
    .map(({ text }) => text)
    .join('');
  if (tokens[end]?.text === '(') translateElements(tokens, table, end, closing(tokens, end), edits);
  removeTableAttributes(tokens, groupEnd(tokens, end), edits);
};

/** ALTER TABLE: a new column's attributes go as in CREATE TABLE, keys and physical layout change nothing. */
export const translateAlterTable = (tokens: readonly Token[], edits: Edits): void => {
  const end = nameEnd(tokens, hasWords(tokens, 2, ['if', 'exists']) ? 4 : 2);
  const last = tokens.length - (tokens.at(-1)!.text === ';' ? 2 : 1);
  const is = (...words: string[]) => hasWords(tokens, end, words);
  const column = tokens[end + 1]?.word === 'column' ? end + 2 : end + 1;
  const layout = ['distkey', 'diststyle', 'sortkey', 'compound', 'encode'].includes(
    tokens[end + 1]?.word ?? '',
  );
  const encode = tokens[column + 1]?.word === 'encode';
  if (is('add') && isKey(tokens, end + 1)) return;
  if ((is('add') && isForeignKey(tokens, end + 1)) || (is('alter') && (layout || encode))) {
    edits.replace(end, last, 'SET (fillfactor = 100)');
  } else if (is('add') && tokens[column + 1]) {
    translateColumnType(tokens, column + 1, tokens[column]!.text, edits);
    translateAttributes(tokens, column + 1, last + 1, edits);
  }
};
