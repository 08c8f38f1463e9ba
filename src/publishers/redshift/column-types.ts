import type { FileColumn } from '../../ports.ts';

/*
 * Parquet's types beside Redshift's. COPY converts nothing between them: a file's type has to be the one that is stored.
 * https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html
 */

const SQL_TYPES: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  int8: 'smallint',
  int16: 'smallint',
  int32: 'integer',
  int64: 'bigint',
  uint8: 'smallint',
  uint16: 'integer',
  float: 'real',
  double: 'double precision',
  date: 'date',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  string: 'varchar(65535)',
  binary: 'varbyte(65535)',
  nested: 'super',
};

const MOST_DIGITS = 38;

/** The digits of `decimal(10,2)` or `numeric(10,2)`. */
const digitsOf = (type: string): number | undefined => {
  const [, digits] = /^(?:decimal|numeric)\((\d+),\d+\)$/.exec(type) ?? [];
  return digits === undefined ? undefined : Number(digits);
};

/** The type of a table's column that is made for a file's; undefined for a type that COPY has no column for. */
export const sqlTypeOf = ({ type }: FileColumn): string | undefined =>
  (digitsOf(type) ?? MOST_DIGITS + 1) <= MOST_DIGITS ? type : SQL_TYPES[type];

const SMALL_INTEGERS = ['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32'];
const INTEGERS = [...SMALL_INTEGERS, 'int64', 'uint64'];

/**
 * By the beginning of the catalog's name for a type, the types of files that it may take. What nobody says that COPY
 * refuses is among them, like an `int32` for a `bigint`: an error before the load must not be wrong. A timestamp in
 * nanoseconds isn't, because COPY takes it for microseconds: https://github.com/apache/arrow/issues/38000
 */
const TAKES: readonly [RegExp, readonly string[]][] = [
  [/^boolean/, ['boolean']],
  [/^smallint/, SMALL_INTEGERS],
  [/^integer/, SMALL_INTEGERS],
  [/^bigint/, INTEGERS],
  [/^real/, ['float']],
  [/^double precision/, ['double', 'float']],
  [/^numeric/, ['decimal', ...INTEGERS]],
  [/^date/, ['date']],
  [/^timestamp without/, ['timestamp', 'timestamptz']],
  [/^timestamp with/, ['timestamptz', 'timestamp']],
  [/^time/, ['time']],
  [/^(character|text)/, ['string', 'binary']],
];

/** Up to so many digits are an integer in the file, or bytes; more are always bytes. */
const DIGITS_OF_AN_INTEGER = 18;

/** COPY refuses a decimal in more bytes than the column's digits take: https://github.com/G-Research/ParquetSharp/issues/252 */
function isTooLong(fileType: string, columnType: string): boolean {
  const [inFile, inColumn] = [digitsOf(fileType), digitsOf(columnType)];
  if (inFile === undefined || inColumn === undefined || inFile <= DIGITS_OF_AN_INTEGER) return false;
  return bytesOf(inFile) > bytesOf(inColumn);
}

const bytesOf = (digits: number): number => Math.ceil((digits * Math.log2(10) + 1) / 8);

/** Whether COPY may take a file's type into a column of that type; what isn't known here is left to COPY. */
export function fits(fileType: string, columnType: string): boolean {
  const takes = TAKES.find(([pattern]) => pattern.test(columnType))?.[1];
  if (takes === undefined) return true;
  return takes.includes(fileType.replace(/\(.*/, '')) && !isTooLong(fileType, columnType);
}
