import type { FieldDef } from 'pg';
import type { TextRow } from './cursor.ts';

/** https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ColumnMetadata.html */
export interface ColumnMetadata {
  name: string;
  label: string;
  typeName: string;
  length: number;
  precision: number;
  scale: number;
  nullable: number;
  isSigned: boolean;
  isCaseSensitive: boolean;
  isCurrency: boolean;
  schemaName: string;
  tableName: string;
}

const TYPE_NAMES: Record<number, string> = {
  16: 'bool',
  20: 'int8',
  21: 'int2',
  23: 'int4',
  25: 'varchar',
  700: 'float4',
  701: 'float8',
  1042: 'bpchar',
  1043: 'varchar',
  1082: 'date',
  1083: 'time',
  1114: 'timestamp',
  1184: 'timestamptz',
  1266: 'timetz',
  1700: 'numeric',
  3802: 'super',
};

/** The type of a column as the Data API names it. */
export const typeName = (oid: number): string => TYPE_NAMES[oid] ?? 'varchar';

const INTEGERS = new Set(['int2', 'int4', 'int8']);
const FLOATS = new Set(['float4', 'float8']);
const DIGITS: Record<string, number> = { int2: 5, int4: 10, int8: 19, float4: 8, float8: 17 };

export const describeColumn = ({
  name,
  dataTypeID,
  dataTypeModifier: modifier,
}: FieldDef): ColumnMetadata => {
  const type = typeName(dataTypeID);
  const text = type === 'varchar' || type === 'bpchar';
  const numeric = type === 'numeric' && modifier >= 4;
  return {
    name,
    label: name,
    typeName: type,
    length: 0,
    precision: numeric ? (modifier - 4) >> 16 : text && modifier >= 4 ? modifier - 4 : (DIGITS[type] ?? 0),
    scale: numeric ? (modifier - 4) & 0xff_ff : 0,
    nullable: 1,
    isSigned: INTEGERS.has(type) || FLOATS.has(type) || type === 'numeric',
    isCaseSensitive: text,
    isCurrency: false,
    schemaName: '',
    tableName: '',
  };
};

/** One value as the API's `Field`. It is made as text, so that a 64-bit integer stays whole. */
const field = (value: string | null, type: string): string => {
  if (value === null) return '{"isNull":true}';
  if (INTEGERS.has(type)) return `{"longValue":${value}}`;
  if (FLOATS.has(type))
    return `{"doubleValue":${Number.isFinite(Number(value)) ? value : JSON.stringify(value)}}`;
  if (type === 'bool') return `{"booleanValue":${value === 't'}}`;
  return `{"stringValue":${JSON.stringify(value)}}`;
};

const csvField = (value: string | null): string =>
  value === null ? '' : /[",\n\r]/.test(value) || value === '' ? `"${value.replaceAll('"', '""')}"` : value;

/** How rows are written in the formats that a client may ask for. */
export const RESULT_FORMATS = {
  JSON: {
    separator: ',',
    row: (types: readonly string[]) => (row: TextRow) =>
      `[${row.map((value, n) => field(value, types[n]!)).join(',')}]`,
  },
  CSV: { separator: '\n', row: () => (row: TextRow) => row.map(csvField).join(',') },
} as const;

export type ResultFormat = keyof typeof RESULT_FORMATS;
