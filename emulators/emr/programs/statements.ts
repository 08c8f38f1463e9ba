/** A piece of SQL: what counts, or a string, a quoted name or a comment that has to be left as it is. */
const PIECE =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`]|``)*`|;|[^-/'"`;]+|[-/'"`]/g;

const pieces = (sql: string): string[] => sql.match(PIECE) ?? [];

/** The statements of a script, without their semicolons. */
export function splitStatements(sql: string): string[] {
  const statements = [''];
  for (const piece of pieces(sql)) {
    if (piece === ';') statements.push('');
    else statements.push(`${statements.pop()}${piece}`);
  }
  return statements.filter((statement) => withoutComments(statement).trim() !== '');
}

export const withoutComments = (sql: string): string =>
  pieces(sql)
    .map((piece) => (/^(--|\/\*)/.test(piece) ? ' ' : piece))
    .join('');

/** Spark's and Hive's quotes as DuckDB has them: strings in either quotes with backslashes, names in backticks. */
export const inDuckdb = (sql: string): string =>
  pieces(sql)
    .map((piece) => {
      if (/^['"]./s.test(piece)) return `'${unescaped(piece).replaceAll("'", "''")}'`;
      return piece.startsWith('`')
        ? `"${piece.slice(1, -1).replaceAll('``', '`').replaceAll('"', '""')}"`
        : piece;
    })
    .join('');

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '0': '\0' };

/** What a quoted string stands for. */
export const unescaped = (literal: string): string =>
  literal.slice(1, -1).replaceAll(/\\([\s\S])/g, (_, char: string) => ESCAPES[char] ?? char);
