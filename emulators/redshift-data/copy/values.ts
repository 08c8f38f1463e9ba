import { isUtf8 } from 'node:buffer';
import type { CopyCommand } from './command.ts';
import { readDay, readTimestamp } from './moments.ts';
import { fromBytes } from './record.ts';
import { type Rejection, rejection } from './rejection.ts';
import type { TargetColumn } from './target.ts';
import { copyValue } from './text.ts';

/** Turns a field into a value of COPY's text format, or says why it can't be. Both are byte strings. */
export type Encode = (field: string | null) => string | Rejection;

type Parse = (field: string) => string | Rejection;

const NULL = String.raw`\N`;

const RANGES: Record<string, { name: string; most: bigint }> = {
  smallint: { name: 'Short', most: 2n ** 15n - 1n },
  integer: { name: 'Integer', most: 2n ** 31n - 1n },
  bigint: { name: 'Long', most: 2n ** 63n - 1n },
};

const invalidDigit = (field: string, pattern: RegExp, type: string, code: number): Rejection => {
  const position = pattern.exec(field)?.[0].length ?? 0;
  return rejection(
    code,
    `Invalid digit, Value '${field[position] ?? ''}', Pos ${position}, Type: ${type}`,
    position,
  );
};

const integer = (type: string): Parse => {
  const { name, most } = RANGES[type]!;
  return (field) => {
    if (!/^[+-]?\d+$/.test(field)) return invalidDigit(field, /^[+-]?\d*/, name, 1207);
    const value = BigInt(field.replace('+', ''));
    if (value > most || value < -most - 1n)
      return rejection(1204, `Overflow (${name} valid range ${-most - 1n} to ${most})`);
    return field;
  };
};

const float =
  (type: string): Parse =>
  (field) =>
    /^([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|nan|[+-]?inf(inity)?)$/i.test(field)
      ? field
      : invalidDigit(field, /^[+-]?\d*\.?\d*/, type, 1208);

/** Digits behind the scale go, as in Redshift, unless ROUNDEC asks PostgreSQL to round them. */
const decimal =
  ([precision = 18, scale = 0]: number[], round: boolean): Parse =>
  (field) => {
    const [, sign = '', whole = '', fraction = '', exponent = ''] =
      /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?$/.exec(field) ?? [];
    if (!whole && !fraction) return invalidDigit(field, /^[+-]?\d*\.?\d*/, 'Decimal', 1209);
    if (exponent === '' && whole.replace(/^0+/, '').length > precision - scale)
      return rejection(
        1209,
        `Numeric data overflow (result precision), ${field} does not fit numeric(${precision},${scale})`,
      );
    return round || exponent
      ? field
      : `${sign}${whole || '0'}${scale && fraction ? `.${fraction.slice(0, scale)}` : ''}`;
  };

const boolean: Parse = (field) => {
  const word = field.toLowerCase();
  if (['t', 'true', 'y', 'yes', '1'].includes(word)) return 't';
  if (['f', 'false', 'n', 'no', '0'].includes(word)) return 'f';
  return rejection(1210, `Unknown boolean format: ${field}`);
};

const moment = (
  read: (text: string) => string | undefined,
  code: number,
  what: string,
  anyDate: boolean,
): Parse => {
  return (field) => read(field) ?? (anyDate ? NULL : rejection(code, `Invalid ${what} format or value`));
};

/** Each byte that belongs to no character replaced. */
const replaceInvalid = (bytes: string, replacement: string): string => {
  const valid =
    /[\0-\x7F]+|[\xC2-\xDF][\x80-\xBF]|[\xE0-\xEF][\x80-\xBF]{2}|[\xF0-\xF4][\x80-\xBF]{3}|[\s\S]/g;
  return bytes.replace(valid, (piece) => (isUtf8(Buffer.from(piece, 'latin1')) ? piece : replacement));
};

const cutToBytes = (bytes: string, length: number): string => {
  let end = length;
  while (end > 0 && /[\x80-\xBF]/.test(bytes[end] ?? '')) end--;
  return bytes.slice(0, end);
};

const text =
  (isChar: boolean, length: number, { truncateColumns, trimBlanks, invalidCharacters }: CopyCommand): Parse =>
  (field) => {
    let value = trimBlanks && !isChar ? field.replace(/[ \t]+$/, '') : field;
    if (value.includes('\0'))
      return rejection(1220, 'String contains a NUL byte (0x00), which no column takes');
    if (/[^\0-\x7F]/.test(value)) {
      if (!isUtf8(Buffer.from(value, 'latin1'))) {
        const bad = /[\x80-\xFF]+/.exec(value)!;
        const hex = Buffer.from(bad[0].slice(0, 4), 'latin1')
          .toString('hex')
          .replace(/..(?!$)/g, '$& ');
        if (invalidCharacters === undefined)
          return rejection(
            1220,
            `String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: ${hex} (error 3)`,
            bad.index,
          );
        value = replaceInvalid(value, invalidCharacters);
      }
      if (isChar && /[^\0-\x7F]/.test(value))
        return rejection(1215, 'Multibyte character not supported for CHAR (Hint: try using VARCHAR)');
    }
    if (isChar && value.length > length)
      value = value.replace(/ +$/, (blanks) =>
        blanks.slice(0, Math.max(0, length - value.length + blanks.length)),
      );
    if (value.length <= length) return copyValue(value);
    if (truncateColumns) return copyValue(cutToBytes(value, length));
    return rejection(1204, 'String length exceeds DDL length', length);
  };

const json: Parse = (field) => {
  try {
    JSON.parse(fromBytes(field));
    return copyValue(field);
  } catch {
    return rejection(1216, 'Invalid JSON for a SUPER column');
  }
};

const parserOf = ({ type }: TargetColumn, command: CopyCommand): Parse => {
  const [, name = '', size] = /^([a-z ]+?)(?:\(([\d,]+)\))?(?: with.*)?$/.exec(type) ?? [];
  const sizes = size?.split(',').map(Number) ?? [];
  const hasZone = type === 'timestamp with time zone';
  if (RANGES[name]) return integer(name);
  if (name === 'real') return float('Float4');
  if (name === 'double precision') return float('Double');
  if (name === 'numeric') return decimal(sizes, command.roundDecimals);
  if (name === 'boolean') return boolean;
  if (name === 'date') return moment(readDay(command.dateFormat), 1205, 'Date', command.acceptAnyDate);
  if (name.startsWith('timestamp'))
    return moment(readTimestamp(command.timeFormat, hasZone), 1206, 'timestamp', command.acceptAnyDate);
  if (name.startsWith('character')) return text(name === 'character', sizes[0] ?? 65_535, command);
  if (name === 'jsonb') return json;
  return (field) => copyValue(field);
};

/** How a column's fields become values, as COPY's options for data conversion say. */
export const encoderOf = (column: TargetColumn, command: CopyCommand): Encode => {
  const { nullAs, emptyAsNull, blanksAsNull } = command;
  const parse = parserOf(column, command);
  const isText = column.type.startsWith('character');
  const isNull = (field: string): boolean =>
    field === nullAs ||
    (field === '' && (emptyAsNull || !isText)) ||
    ((blanksAsNull || !isText) && field.trim() === '' && field !== '');
  return (field) => {
    const value = field === null || isNull(field) ? NULL : parse(isText ? field : field.trim());
    return value === NULL && column.isRequired ? rejection(1213, 'Missing data for not-null field') : value;
  };
};
