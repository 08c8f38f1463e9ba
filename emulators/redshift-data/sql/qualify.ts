import { notDone } from '../error.ts';
import { closing, type Token, tokenize } from './tokens.ts';

const ENDS = new Set(['order', 'limit', 'offset', 'union', 'intersect', 'except', 'minus']);

/** The index of the SELECT whose clause stands at `at`. */
const selectOf = (tokens: readonly Token[], at: number): number => {
  let depth = 0;
  for (let i = at - 1; i >= 0; i--) {
    const { text, word } = tokens[i]!;
    if (text === ')') depth++;
    else if (text === '(') depth--;
    else if (depth === 0 && word === 'select') return i;
    if (depth < 0) break;
  }
  return -1;
};

/** The first token from `from` on, outside of parentheses, that is one of those looked for; else the end. */
const find = (tokens: readonly Token[], from: number, is: (token: Token) => boolean): number => {
  for (let i = from; i < tokens.length; i++) {
    if (is(tokens[i]!)) return i;
    if (tokens[i]!.text === '(') i = closing(tokens, i);
  }
  return tokens.length;
};

/** The name under which an item of a select list leaves its query. */
const nameOf = (item: readonly Token[]): string => {
  const last = item.at(-1);
  if (last?.kind === 'quoted' || (last?.kind === 'word' && last.word !== 'end')) return last.text;
  const written = item.map(({ text }) => text).join(' ');
  throw notDone(`QUALIFY behind SELECT ${written}`, 'name each column, as in SELECT a, b + c AS d');
};

const outputNames = (tokens: readonly Token[], from: number, to: number): string[] => {
  const names: string[] = [];
  for (let start = from; start < to;) {
    const end = Math.min(
      to,
      find(tokens, start, ({ text }) => text === ','),
    );
    names.push(nameOf(tokens.slice(start, end)));
    start = end + 1;
  }
  return names;
};

/**
 * `SELECT a FROM t QUALIFY row_number() OVER (…) = 1` is a query around one that has the condition as one column more;
 * a condition without a window is one of the outer query, as it speaks of the inner one's columns.
 */
export const rewriteQualify = (sql: string): string => {
  const tokens = tokenize(sql);
  const at = tokens.findIndex(({ word }, n) => word === 'qualify' && tokens[n - 1]?.text !== '.');
  const select = at < 0 ? -1 : selectOf(tokens, at);
  if (select < 0) return sql;
  const end = find(tokens, at + 1, ({ word, text }) => ENDS.has(word) || text === ')' || text === ';');
  const first = ['distinct', 'all'].includes(tokens[select + 1]?.word ?? '') ? select + 2 : select + 1;
  const from = find(tokens, first, ({ word }) => word === 'from');
  const names = outputNames(tokens, first, from).join(', ');
  const text = (a: number, b: number): string =>
    a >= b ? '' : sql.slice(tokens[a]!.start, tokens[b - 1]!.end);
  const condition = text(at + 1, end);
  const isWindow = tokens.slice(at + 1, end).some(({ word }) => word === 'over');
  const flag = isWindow ? `, (${condition}) AS qualified` : '';
  const inner = `${text(select, from)}${flag} ${text(from, at)}`;
  const where = isWindow ? 'qualified' : condition;
  const before = sql.slice(0, tokens[select]!.start);
  const rest = sql.slice(tokens[end - 1]!.end);
  return rewriteQualify(`${before}SELECT ${names} FROM (${inner}) q WHERE ${where}${rest}`);
};
