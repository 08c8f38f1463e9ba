import { spanAt } from './sql-scanner.ts';

const READING = { backslashEscapes: true };

/** The words of a statement outside of quotes and comments, in lower case. */
export function sqlWords(sql: string, most = Infinity): string[] {
  const words: string[] = [];
  for (let at = 0; at < sql.length && words.length < most;) {
    const span = spanAt(sql, at, READING);
    const word = span ? undefined : /^[A-Za-z_][\w$]*/.exec(sql.slice(at, at + 128))?.[0];
    if (word) words.push(word.toLowerCase());
    at = span?.end ?? at + (word?.length ?? 1);
  }
  return words;
}

const READS = ['select', 'with', 'show', 'explain', 'values'];

/** Whether a statement only reads. SELECT … INTO makes a table. */
export function isQuery(sql: string): boolean {
  const words = sqlWords(sql);
  return READS.includes(words[0] ?? '') && !words.includes('into');
}

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
