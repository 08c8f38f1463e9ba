import type { SchemaElement } from 'hyparquet';
import { type Rejection, rejection } from './rejection.ts';
import { encoderOf } from './values.ts';
import type { CopyCommand } from './command.ts';
import type { TargetColumn } from './target.ts';

/** What a decoder leaves in a column: `undefined` and `null` are both null. */
export type Raw = string | number | bigint | boolean | Uint8Array | null | undefined;

/** How the values of a Parquet column go into a column of the table. */
export interface ColumnReader {
  /** The value in COPY's text format, as a byte string, or why it can't be. */
  encode: (value: Raw) => string | Rejection;
}

const plain = (value: Raw): string => (value === null || value === undefined ? '\\N' : String(value));

const bytesToInteger = (bytes: Uint8Array): bigint => {
  const unsigned = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return BigInt.asIntN(bytes.length * 8, unsigned);
};

/** An unscaled decimal, whole: a floating-point number would lose digits. */
const decimal =
  (scale: number) =>
  (value: Raw): string => {
    if (value === null || value === undefined) return '\\N';
    const unscaled = value instanceof Uint8Array ? bytesToInteger(value) : BigInt(value);
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
    const point = digits.length - scale;
    return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}${scale ? `.${digits.slice(point)}` : ''}`;
  };

const text = ({ name, type }: TargetColumn, allowed: number, command: CopyCommand) => {
  const encode = encoderOf(
    { name, type, isRequired: false },
    { ...command, nullAs: '\0', trimBlanks: false },
  );
  return (value: Raw) => {
    if (value === null || value === undefined) return '\\N';
    const bytes = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
    if (bytes.length > allowed && !type.startsWith('character(')) {
      const lengths = `Table: ${allowed}, Data: ${bytes.length}`;
      return rejection(
        1204,
        `Value too long for character type: the length of the data column ${name} is longer than the length defined in the table. ${lengths}`,
      );
    }
    return encode(bytes);
  };
};

/** The annotation of a Parquet column in one word, whichever of the two ways the file notes it. */
export const annotation = ({ converted_type, logical_type }: SchemaElement): string => {
  if (converted_type) return converted_type;
  if (logical_type?.type === 'INTEGER')
    return `${logical_type.isSigned ? 'INT' : 'UINT'}_${logical_type.bitWidth}`;
  if (logical_type?.type === 'TIMESTAMP') return `TIMESTAMP_${logical_type.unit}`;
  if (logical_type?.type === 'STRING') return 'UTF8';
  return logical_type?.type ?? '';
};

const decimalFits = (element: SchemaElement, [precision = 18, scale = 0]: number[]): boolean =>
  annotation(element) === 'DECIMAL' &&
  (element.scale ?? 0) === scale &&
  (element.precision ?? 0) <= precision;

/** How a Parquet column loads into a column of the table, or undefined if its type doesn't fit. */
export const columnReader = (
  element: SchemaElement,
  column: TargetColumn,
  command: CopyCommand,
): ColumnReader | undefined => {
  const { type } = column;
  const [, name, size] = /^([a-z ]+?)(?:\(([\d,]+)\))?(?: with.*)?$/.exec(type) ?? [];
  const sizes = size?.split(',').map(Number) ?? [];
  const stored = `${element.type ?? 'GROUP'} ${annotation(element)}`.trim();
  const fits = (...types: string[]) => element.repetition_type !== 'REPEATED' && types.includes(stored);
  const reader = (ok: boolean, encode: ColumnReader['encode'] = plain) => (ok ? { encode } : undefined);
  switch (name) {
    case 'smallint':
      return reader(fits('INT32 INT_8', 'INT32 INT_16', 'INT32 UINT_8'));
    case 'integer':
      return reader(
        fits('INT32', 'INT32 INT_8', 'INT32 INT_16', 'INT32 INT_32', 'INT32 UINT_8', 'INT32 UINT_16'),
      );
    case 'bigint':
      return reader(fits('INT64', 'INT64 INT_64'));
    case 'real':
      return reader(fits('FLOAT'));
    case 'double precision':
      return reader(fits('DOUBLE'));
    case 'jsonb':
      return reader(
        fits('BYTE_ARRAY UTF8', 'BYTE_ARRAY JSON', 'BYTE_ARRAY'),
        text(column, 16_777_216, command),
      );
    case 'boolean':
      return reader(fits('BOOLEAN'));
    case 'date':
      return reader(fits('INT32 DATE'));
    case 'timestamp':
    case 'timestamp without time zone':
      return reader(fits('INT96', 'INT64 TIMESTAMP_MILLIS', 'INT64 TIMESTAMP_MICROS'));
    case 'numeric':
      return reader(
        element.repetition_type !== 'REPEATED' && decimalFits(element, sizes),
        decimal(element.scale ?? 0),
      );
    case 'character varying':
    case 'character':
      return reader(
        fits('BYTE_ARRAY UTF8', 'BYTE_ARRAY ENUM', 'BYTE_ARRAY JSON', 'BYTE_ARRAY'),
        text(column, sizes[0] ?? 65_535, command),
      );
    default:
      return undefined;
  }
};

const NAMES: Record<string, string> = {
  integer: 'INT',
  'double precision': 'DOUBLE',
  real: 'FLOAT',
  'timestamp without time zone': 'TIMESTAMP',
};

/** A column's type as Redshift's errors of columnar loads name it. */
export const spectrumType = ({ type }: TargetColumn): string =>
  NAMES[type] ??
  type
    .replace(/^character varying/, 'varchar')
    .replace(/^character/, 'char')
    .replace(/^numeric/, 'decimal')
    .toUpperCase();

/** A Parquet column as those errors show it. */
export const parquetSchema = (element: SchemaElement, index: number): string => {
  const note = annotation(element);
  const type = element.type?.toLowerCase().replace('byte_array', 'binary') ?? 'group';
  const repetition = (element.repetition_type ?? 'OPTIONAL').toLowerCase();
  return `${repetition} ${type} ${element.name}${note ? ` (${note})` : ''} [i:${index} d:1 r:0]`;
};
