import { DateTime } from 'luxon';
import type { Json } from './definition.ts';
import { typeName } from './expression-value.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * What no dialect reads differently between quotes: doubling or escaping a quote is right in one and a hole in
 * another, and Spark and Hive put variables in for `${`.
 */
const UNSAFE = /['"\\`\p{Cc}\p{Cs}]|\$\{/u;

/** Exact decimal numbers end at 38 digits in most dialects. */
const MAX_DIGITS = 38;

const isDate = (text: string): boolean =>
  DATE.test(text) && text >= '0001' && DateTime.fromISO(text, { zone: 'utc' }).isValid;

/** Writes a number without an exponent, which would make another type of it. */
function plainDigits(value: number): string {
  const [mantissa = '', exponent] = String(value).split('e');
  if (exponent === undefined) return mantissa;
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const text = point <= 0 ? `0.${'0'.repeat(-point)}${digits}` : digits.padEnd(point, '0');
  if (text.length > MAX_DIGITS)
    throw new Error(
      `the number ${value} has more digits than SQL takes; round it in the expression or the query`,
    );
  return text;
}

function numberLiteral(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${value} is no number that SQL knows`);
  // Parentheses, because `x -${n}` would otherwise begin a comment.
  return value < 0 ? `(-${plainDigits(-value)})` : plainDigits(value);
}

function textLiteral(value: string): string {
  if (isDate(value)) return `DATE '${value}'`;
  if (!UNSAFE.test(value)) return `'${value}'`;
  throw new Error(
    `the text ${JSON.stringify(value)} has quotes, backslashes, backticks, \${ or control characters, which SQL dialects read differently; ` +
      'leave them out, or put the text into an input table and join it',
  );
}

function listLiteral(items: Json[]): string {
  if (items.length === 0)
    throw new Error('the list is empty, and SQL has no empty list; skip the step by `when: size(…) > 0`');
  const nested = items.find(Array.isArray);
  if (nested) throw new Error(`the list holds the list ${JSON.stringify(nested)}; SQL takes a flat list`);
  return `(${items.map(sqlLiteral).join(', ')})`;
}

/**
 * Writes a value as a literal that means the same in Redshift, Spark, Hive and DuckDB.
 * A text that is a date becomes `DATE '…'`, a list `(a, b)`. Throws an `Error` for what has no such literal.
 */
export function sqlLiteral(value: Json): string {
  if (typeof value === 'number') return numberLiteral(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return textLiteral(value);
  if (Array.isArray(value)) return listLiteral(value);
  const mend = value === null ? 'take another value, like coalesce(…, 0)' : 'take one of its fields';
  throw new Error(`${JSON.stringify(value)} is ${typeName(value)}, which has no literal in SQL; ${mend}`);
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_.]*$/;

/** Lets a name of a table or column through, as it is. */
export function sqlIdentifier(value: Json): string {
  if (typeof value === 'string' && IDENTIFIER.test(value)) return value;
  throw new Error(
    `${JSON.stringify(value)} is no identifier; ident() takes letters, digits, _ and dots, and no digit first`,
  );
}
