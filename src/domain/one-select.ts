import { EtlError } from './failure.ts';
import { changeIn } from './sql-kind.ts';
import type { Reading } from './sql-scanner.ts';
import { splitStatements } from './sql-template.ts';

/** What is wrong with a text, where, and what to write. */
export interface Wrong {
  offset: number;
  message: string;
  fix: string;
}

/**
 * The one statement of a `sql`, without a semicolon at its end, so that it can stand within another one. `Rejected` if there
 * are several, or none.
 */
export function oneSelect(query: string, reading: Reading): string {
  const statements = splitStatements(query, reading);
  const wrong = wrongCount(statements.length);
  if (wrong !== undefined) throw new EtlError('Rejected', `${wrong.message}; ${wrong.fix}`);
  return statements[0] ?? query;
}

/** Whether the query of a `sql` is something else than one statement, and where the second one begins. */
export function notOneSelect(query: string): Wrong | undefined {
  // Engines disagree about the backslash: what one of them may take is left to that engine.
  const [first = [], second = []] = [true, false].map((backslashEscapes) =>
    splitStatements(query, { backslashEscapes }),
  );
  return notOne(query, second.length < first.length ? second : first);
}

/** Whether the query of a `check` is something else than one statement that only reads, as Redshift reads it, and where. */
export function notOneQuery(query: string): Wrong | undefined {
  const wrong = notOne(query, splitStatements(query));
  if (wrong) return wrong;
  const change = changeIn(query);
  return (
    change && {
      offset: change.at,
      message: `a check only reads, and this is ${change.word}`,
      fix: 'write one SELECT; what changes data is a redshiftSql step',
    }
  );
}

function notOne(query: string, statements: readonly string[]): Wrong | undefined {
  const wrong = wrongCount(statements.length);
  if (wrong === undefined) return undefined;
  const [one = '', two = ''] = statements;
  const offset = statements.length === 0 ? 0 : query.indexOf(two, query.indexOf(one) + one.length);
  return { offset, ...wrong };
}

function wrongCount(count: number): { message: string; fix: string } | undefined {
  if (count === 1) return undefined;
  const message = count === 0 ? 'the query is empty' : `the query has ${count} statements`;
  return { message, fix: 'write one SELECT' };
}
