import type { SchemaElement } from 'hyparquet';
import { copyValue } from './copy-text.ts';
import type { TargetColumn } from './copy-target.ts';

/** What a decoder leaves in a column: `undefined` and `null` are both null. */
export type Raw = string | number | bigint | boolean | Uint8Array | null | undefined;

/** How the values of a Parquet column go into a column of the table. */
export interface ColumnReader {
  /** The value in COPY's text format, or the length in bytes of a string that is too long. */
  encode: (value: Raw) => string | { tooLong: number; allowed: number };
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

const text = (allowed: number) => (value: Raw) => {
  if (value === null || value === undefined) return '\\N';
  const string = value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);
  // Redshift counts bytes.
  const bytes = Buffer.byteLength(string);
  return bytes > allowed ? { tooLong: bytes, allowed } : copyValue(string);
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
export const columnReader = (element: SchemaElement, { type }: TargetColumn): ColumnReader | undefined => {
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
        text(sizes[0] ?? 65_535),
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
