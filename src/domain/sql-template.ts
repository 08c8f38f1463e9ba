import type { Json } from './definition.ts';
import { ExpressionError, TemplateError } from './expression-error.ts';
import type { Expression } from './expression.ts';
import type { Scope } from './run.ts';
import { sqlIdentifier, sqlLiteral } from './sql-literal.ts';
import { spanAt, sqlTemplates, type Reading } from './sql-scanner.ts';
import { expressionAt } from './template.ts';

export { sqlLiteral } from './sql-literal.ts';
export { sqlTemplates } from './sql-scanner.ts';

/** A `${…}` of a SQL text, ready to be evaluated. */
export interface SqlPart {
  expression: Expression;
  /** The whole `${…}`. */
  source: string;
  offset: number;
  length: number;
  write(value: Json): string;
}

const IDENT = /^\s*ident\s*\(([^]*)\)\s*$/d;
const WORD_BEFORE = /[\w.'"`}]$/;
const WORD_AFTER = /^(?:[\w.'"`]|\$\{)/;

/** Reads the `${…}` at an offset. Throws an `ExpressionError`. */
export function readSqlPart(text: string, offset: number, length: number): SqlPart {
  const start = offset + 2;
  const end = offset + length - 1;
  const source = text.slice(offset, offset + length);
  const [inner] = IDENT.exec(text.slice(start, end))?.indices?.slice(1) ?? [];
  if (inner)
    return {
      expression: expressionAt(text, start + inner[0], start + inner[1]),
      source,
      offset,
      length,
      write: sqlIdentifier,
    };

  if (WORD_BEFORE.test(text.slice(0, offset)) || WORD_AFTER.test(text.slice(offset + length)))
    throw new TemplateError(
      `${source} is a value in SQL and can't be a part of a name or a literal; put a space around it, or write ident(…) for a name`,
      offset,
    );
  return { expression: expressionAt(text, start, end), source, offset, length, write: sqlLiteral };
}

/** The templates of a SQL text inside of quotes, where a value would be read as text: "remove the quotes". */
export const quotedTemplates = (text: string): { offset: number; length: number }[] =>
  sqlTemplates(text)
    .filter(({ context }) => context === 'quote')
    .map(({ offset, length }) => ({ offset, length }));

/** A SQL text as it is read before its values are known: each `${…}` is a number of the same length. */
export function filledIn(text: string): string {
  let sql = text;
  for (const { offset, length, context } of sqlTemplates(text))
    if (context !== 'comment') sql = sql.slice(0, offset) + '0'.repeat(length) + sql.slice(offset + length);
  return sql;
}

/** Reads the templates of a SQL text; those in comments are left out. Throws an `ExpressionError`. */
export function parseSqlTemplate(text: string): SqlPart[] {
  return sqlTemplates(text)
    .filter(({ context }) => context !== 'comment')
    .map(({ offset, length, context }) => {
      if (context === 'code') return readSqlPart(text, offset, length);
      const source = text.slice(offset, offset + length);
      throw new ExpressionError(
        `${source} stands inside of quotes, and it is a value; remove the quotes`,
        offset,
      );
    });
}

function write(part: SqlPart, scope: Scope): string {
  const value = part.expression.evaluate(scope);
  try {
    return part.write(value);
  } catch (error) {
    throw new ExpressionError(
      `${part.source}: ${error instanceof Error ? error.message : String(error)}`,
      part.offset,
    );
  }
}

/** Writes `${…}` as literals into a SQL text; `$${` stands for `${`. Throws an `ExpressionError`. */
export function renderSql(text: string, scope: Scope): string {
  const literal = (from: number, to?: number): string => text.slice(from, to).replaceAll('$${', '${');
  let sql = '';
  let at = 0;
  for (const part of parseSqlTemplate(text)) {
    sql += literal(at, part.offset) + write(part, scope);
    at = part.offset + part.length;
  }
  return sql + literal(at);
}

/**
 * The statements of a SQL text, split at `;` outside of quotes and comments. Statements of nothing but comments are
 * dropped. Unless said, the backslash escapes, as in Redshift.
 */
export function splitStatements(sql: string, reading: Reading = { backslashEscapes: true }): string[] {
  const statements: string[] = [];
  let start = 0;
  let hasCode = false;
  const end = (at: number): void => {
    if (hasCode) statements.push(sql.slice(start, at).trim());
    start = at + 1;
    hasCode = false;
  };

  for (let at = 0; at < sql.length;) {
    const span = spanAt(sql, at, reading);
    if (span?.context !== 'comment' && sql[at] !== ';' && /\S/.test(sql.charAt(at))) hasCode = true;
    if (!span && sql[at] === ';') end(at);
    at = span?.end ?? at + 1;
  }
  end(sql.length);
  return statements;
}
