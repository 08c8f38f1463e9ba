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
  float: 'real',
  double: 'double precision',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  string: 'varchar(65535)',
  binary: 'varbyte(65535)',
  nested: 'super',
};

/** The type of a table's column that is made for a file's; undefined for a type that Redshift has no column for. */
export const sqlTypeOf = ({ type }: FileColumn): string | undefined =>
  /^decimal\(\d+,\d+\)$/.test(type) ? type : SQL_TYPES[type];

/** By the beginning of the catalog's name for a type, the types of files that it takes. */
const TAKES: readonly [RegExp, readonly string[]][] = [
  [/^boolean/, ['boolean']],
  [/^smallint/, ['int8', 'int16', 'int32']],
  [/^integer/, ['int8', 'int16', 'int32']],
  [/^bigint/, ['int64', 'int32', 'int16', 'int8']],
  [/^real/, ['float']],
  [/^double precision/, ['double', 'float']],
  [/^numeric/, ['decimal', 'int32', 'int64']],
  [/^date/, ['date']],
  [/^timestamp without/, ['timestamp', 'timestamptz']],
  [/^timestamp with/, ['timestamptz', 'timestamp']],
  [/^time/, ['time']],
  [/^(character|text)/, ['string', 'binary']],
];

/** Whether COPY takes a file's type into a column of that type; what isn't known here is left to COPY. */
export function fits(fileType: string, columnType: string): boolean {
  const takes = TAKES.find(([pattern]) => pattern.test(columnType))?.[1];
  return takes === undefined || takes.includes(fileType.replace(/\(.*/, ''));
}
