import type { SchemaElement } from 'hyparquet';
import type { FileColumn } from '../ports.ts';

const PHYSICAL: Readonly<Record<string, string>> = {
  BOOLEAN: 'boolean',
  INT32: 'int32',
  INT64: 'int64',
  INT96: 'timestamp',
  FLOAT: 'float',
  DOUBLE: 'double',
  BYTE_ARRAY: 'binary',
  FIXED_LEN_BYTE_ARRAY: 'binary',
};

const CONVERTED: Readonly<Record<string, string>> = {
  UTF8: 'string',
  ENUM: 'string',
  JSON: 'string',
  DATE: 'date',
  TIME_MILLIS: 'time',
  TIME_MICROS: 'time',
  TIMESTAMP_MILLIS: 'timestamp',
  TIMESTAMP_MICROS: 'timestamp',
  INT_8: 'int8',
  INT_16: 'int16',
  UINT_8: 'uint8',
  UINT_16: 'uint16',
  UINT_32: 'uint32',
  UINT_64: 'uint64',
};

function typeOf({
  type,
  num_children,
  converted_type,
  logical_type,
  precision,
  scale,
}: SchemaElement): string {
  if (num_children !== undefined && num_children > 0) return 'nested';
  switch (logical_type?.type) {
    case 'STRING':
    case 'ENUM':
    case 'JSON':
      return 'string';
    case 'DATE':
      return 'date';
    case 'TIME':
      return 'time';
    case 'TIMESTAMP':
      if (logical_type.unit === 'NANOS') return 'timestamp_ns';
      return logical_type.isAdjustedToUTC ? 'timestamptz' : 'timestamp';
    case 'DECIMAL':
      return `decimal(${logical_type.precision},${logical_type.scale})`;
    case 'INTEGER':
      return `${logical_type.isSigned ? '' : 'u'}int${logical_type.bitWidth}`;
    default:
  }
  if (converted_type === 'DECIMAL') return `decimal(${precision ?? 38},${scale ?? 0})`;
  return CONVERTED[converted_type ?? ''] ?? PHYSICAL[type ?? ''] ?? 'unknown';
}

/** The columns at the top of a Parquet file's schema, which is a list of a tree's nodes, each before its children. */
export function parquetColumns(schema: readonly SchemaElement[]): FileColumn[] {
  const columns: FileColumn[] = [];
  const subtree = (at: number): number => {
    let next = at + 1;
    for (let child = 0; child < (schema[at]?.num_children ?? 0); child++) next = subtree(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = subtree(at)) {
    const element = schema[at];
    if (element) columns.push({ name: element.name, type: typeOf(element) });
  }
  return columns;
}
