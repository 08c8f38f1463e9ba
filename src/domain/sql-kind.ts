import { spanAt } from './sql-scanner.ts';

const READING = { backslashEscapes: true };
const WORD = /^[\p{L}_][\p{L}\p{N}_$]*/u;

/** A word, in lower case, or another character; a quoted text is one by its quote. */
interface Token {
  text: string;
  at: number;
}

/** What a statement is made of, without its comments. */
function* tokensOf(sql: string): Generator<Token> {
  for (let at = 0; at < sql.length;) {
    const span = spanAt(sql, at, READING);
    const word = span ? undefined : WORD.exec(sql.slice(at, at + 128))?.[0];
    const text = word?.toLowerCase() ?? sql.charAt(at);
    if (span?.context !== 'comment' && /\S/.test(text)) yield { text, at };
    at = span?.end ?? at + (word?.length ?? 1);
  }
}

const isWord = ({ text }: Token): boolean => WORD.test(text);

/** The words of a statement outside of quotes and comments, in lower case. */
export function sqlWords(sql: string, most = Infinity): string[] {
  const words: string[] = [];
  for (const token of tokensOf(sql)) {
    if (words.length >= most) break;
    if (isWord(token)) words.push(token.text);
  }
  return words;
}

/** What a statement does: its first word; after WITH those of its parts, and the one behind them. */
function verbsOf(tokens: readonly Token[]): Token[] {
  const verbAt = (from: number) => tokens.slice(from).find(({ text }) => text !== '(');
  const first = verbAt(0);
  if (first?.text !== 'with') return first ? [first] : [];
  const verbs: (Token | undefined)[] = [];
  let depth = 0;
  for (let index = tokens.indexOf(first); index < tokens.length; index += 1) {
    const [before, { text }, next] = [tokens[index - 1], tokens[index] as Token, tokens[index + 1]];
    if (text === '(' && (depth += 1) === 1 && ['as', 'materialized'].includes(before?.text ?? ''))
      verbs.push(verbAt(index));
    if (text !== ')' || (depth -= 1) > 0) continue;
    // A comma begins another part, and the names of a part's columns stand before its AS.
    if ([',', 'as'].includes(next?.text ?? '')) continue;
    verbs.push(verbAt(index + 1));
    break;
  }
  return verbs.filter((verb) => verb !== undefined);
}

const READS = ['select', 'with', 'show', 'explain', 'values'];

/** The word by which a statement does more than read: DELETE, CALL, the INTO of a SELECT; undefined if there is none. */
export function changeIn(sql: string): { word: string; at: number } | undefined {
  const tokens = [...tokensOf(sql)];
  const change =
    verbsOf(tokens).find((verb) => isWord(verb) && !READS.includes(verb.text)) ??
    tokens.find(({ text }) => text === 'into');
  return change && { word: change.text.toUpperCase(), at: change.at };
}

/** Whether a statement only reads. */
export const isQuery = (sql: string): boolean =>
  READS.includes(sqlWords(sql, 1)[0] ?? '') && changeIn(sql) === undefined;

const OWN_TRANSACTION = ['begin', 'start', 'commit', 'end', 'rollback', 'abort'];

/** Why a statement can't be a part of a transaction that takes effect once or not at all; undefined if it can. */
export function refusedInTransaction(sql: string): string | undefined {
  const words = sqlWords(sql, 64);
  const [first = '', second = ''] = words;
  if (first === 'truncate') return 'TRUNCATE commits what came before it; write DELETE FROM';
  if (first === 'vacuum') return 'VACUUM can’t run in a transaction';
  const append = words.indexOf('append');
  if (first === 'alter' && second === 'table' && append > 1 && words[append + 1] === 'from')
    return 'ALTER TABLE APPEND can’t run in a transaction';
  if (OWN_TRANSACTION.includes(first))
    return `${first.toUpperCase()} would end the transaction that these statements are`;
  if (['create', 'drop', 'alter'].includes(first) && second === 'database')
    return `${first.toUpperCase()} DATABASE can’t run in a transaction`;
  return undefined;
}
