import type { FieldDef, QueryArrayResult } from 'pg';

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

/** What a statement returned. A row is kept as the JSON of its fields, so that a 64-bit integer stays whole. */
export interface ResultSet {
  columns: ColumnMetadata[];
  rows: string[];
  bytes: number;
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

const describe = ({ name, dataTypeID, dataTypeModifier: modifier }: FieldDef): ColumnMetadata => {
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

const field = (value: string | null, type: string): string => {
  if (value === null) return '{"isNull":true}';
  if (INTEGERS.has(type)) return `{"longValue":${value}}`;
  if (FLOATS.has(type))
    return `{"doubleValue":${Number.isFinite(Number(value)) ? value : JSON.stringify(value)}}`;
  if (type === 'bool') return `{"booleanValue":${value === 't'}}`;
  return `{"stringValue":${JSON.stringify(value)}}`;
};

/** Takes the rows of a query that was run with text results and `rowMode: 'array'`. */
export const toResultSet = (result: QueryArrayResult<(string | null)[]>): ResultSet => {
  const columns = result.fields.map(describe);
  const rows = result.rows.map(
    (row) => `[${row.map((value, n) => field(value, columns[n]!.typeName)).join(',')}]`,
  );
  return { columns, rows, bytes: rows.reduce((sum, row) => sum + row.length, 0) };
};

const PAGE_BYTES = 1_000_000;

/** The JSON of one page of rows from number `from` on, as GetStatementResult answers. */
export const resultPage = ({ columns, rows }: ResultSet, from: number): string => {
  let to = from;
  for (let bytes = 0; to < rows.length && (to === from || bytes + rows[to]!.length <= PAGE_BYTES); to++) {
    bytes += rows[to]!.length;
  }
  const token = to < rows.length ? `"NextToken":"${to}",` : '';
  const head = `"ColumnMetadata":${JSON.stringify(columns)},"TotalNumRows":${rows.length},${token}`;
  return `{${head}"Records":[${rows.slice(from, to).join(',')}]}`;
};
