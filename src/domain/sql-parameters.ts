import type { Json } from './definition.ts';
import { sqlLiteral } from './sql-literal.ts';
import { spanAt } from './sql-scanner.ts';

const PARAMETER = /^:([A-Za-z_]\w*)/;

/** Redshift's own way to quote: quotes and backslashes are doubled, because it reads backslash escapes. */
const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

function literal(name: string, value: Json): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') return sqlLiteral(value);
  if (!value.includes('\0')) return text(value);
  throw new Error(`parameter ${name} has a zero byte, which no text in Redshift can have`);
}

/** The names of the `:name` in a SQL text, outside of quotes and comments. */
export const parameterNames = (sql: string): string[] => {
  const names = new Set<string>();
  replaced(sql, (name) => (names.add(name), ''));
  return [...names];
};

/** Puts the values of parameters where a Redshift text has `:name`. Throws an `Error` for a name without a value. */
export function bindParameters(sql: string, values: Readonly<Record<string, Json>>): string {
  return replaced(sql, (name) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new Error(`:${name} is in the query and not among the parameters`);
    return literal(name, value);
  });
}

function replaced(sql: string, write: (name: string) => string): string {
  let bound = '';
  for (let at = 0; at < sql.length;) {
    const span = spanAt(sql, at, { backslashEscapes: true });
    // `a::int` is a cast.
    const name = span || sql[at - 1] === ':' ? undefined : PARAMETER.exec(sql.slice(at, at + 128))?.[1];
    const end = span?.end ?? at + (name === undefined ? 1 : name.length + 1);
    bound += name === undefined ? sql.slice(at, end) : write(name);
    at = end;
  }
  return bound;
}
