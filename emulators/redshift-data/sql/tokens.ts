import { RedshiftError } from '../error.ts';

/** A piece of SQL that means something; comments and spaces lie between tokens and stay as they are. */
export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'symbol';
  /** As it was written. */
  text: string;
  /** A word in lower case; empty for anything else, so that nothing quoted is mistaken for a keyword. */
  word: string;
  start: number;
  end: number;
}

const WORD = /[A-Za-z_#\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const SPACE = /\s+|--[^\n]*/y;
const PARAMETER = /:[A-Za-z_]\w*/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const STRING = /(?:[bBeExXnN]|[uU]&)?'(?:[^'\\]|\\[\s\S]|'')*'/y;
const QUOTED = /"(?:[^"]|"")*"/y;

const match = (pattern: RegExp, sql: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
};

const commentEnd = (sql: string, start: number): number => {
  let depth = 0;
  for (let at = start; at < sql.length; at++) {
    const two = sql.slice(at, at + 2);
    if (two === '/*') depth++;
    else if (two === '*/') depth--;
    else continue;
    at++;
    if (depth === 0) return at + 1;
  }
  throw new RedshiftError('unterminated /* comment');
};

const dollarStringEnd = (sql: string, start: number, quote: string): number => {
  const close = sql.indexOf(quote, start + quote.length);
  if (close < 0) throw new RedshiftError('unterminated dollar-quoted string');
  return close + quote.length;
};

const scan = (sql: string, at: number): Omit<Token, 'word'> => {
  const token = (kind: Token['kind'], text: string) => ({ kind, text, start: at, end: at + text.length });
  const string = match(STRING, sql, at);
  if (string) return token('string', string);
  const dollar = match(DOLLAR_QUOTE, sql, at);
  if (dollar) return token('string', sql.slice(at, dollarStringEnd(sql, at, dollar)));
  const quoted = match(QUOTED, sql, at);
  if (quoted) return token('quoted', quoted);
  const word = match(WORD, sql, at);
  if (word) return token('word', word);
  const number = match(NUMBER, sql, at);
  if (number) return token('number', number);
  if (sql.startsWith('::', at)) return token('symbol', '::');
  const parameter = match(PARAMETER, sql, at);
  if (parameter) return token('parameter', parameter);
  if (sql[at] === "'" || sql[at] === '"') {
    throw new RedshiftError(`unterminated quoted ${sql[at] === "'" ? 'string' : 'identifier'}`);
  }
  return token('symbol', sql[at]!);
};

/**
 * Splits SQL into its tokens by Redshift's rules: backslashes escape inside strings, comments nest.
 * Fails with a `RedshiftError` on a string, identifier or comment that doesn't end.
 */
export const tokenize = (sql: string): Token[] => {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length;) {
    const space = match(SPACE, sql, at);
    if (space) at += space.length;
    else if (sql.startsWith('/*', at)) at = commentEnd(sql, at);
    else {
      const token = scan(sql, at);
      tokens.push({ ...token, word: token.kind === 'word' ? token.text.toLowerCase() : '' });
      at = token.end;
    }
  }
  return tokens;
};

/** The index of the `)` that closes the `(` at `open`. */
export const closing = (tokens: readonly Token[], open: number): number => {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (tokens[i]!.text === '(') depth++;
    if (tokens[i]!.text === ')' && --depth === 0) return i;
  }
  throw new RedshiftError('syntax error at end of input');
};

/** Whether the words stand at `at`, as keywords and not as part of a dotted name. */
export const hasWords = (tokens: readonly Token[], at: number, words: readonly string[]): boolean =>
  tokens[at - 1]?.text !== '.' && words.every((word, n) => tokens[at + n]?.word === word);

/** The text inside a plain string literal. */
export const stringValue = (token: Token): string =>
  token.text
    .slice(1, -1)
    .replace(/''|\\([\s\S])/g, (all: string, escaped: string | undefined) => (all === "''" ? "'" : escaped!));
