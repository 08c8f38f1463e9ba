import { describe, expect, test } from '@jest/globals';
import type { SchemaElement } from 'hyparquet';
import type { CopyCommand } from '../../emulators/redshift-data/copy/command.ts';
import { columnReader } from '../../emulators/redshift-data/copy/parquet-columns.ts';
import { fits, sqlTypeOf } from '../../src/publishers/redshift/column-types.ts';
import { parquetColumns } from '../../src/storage/parquet-columns.ts';

const decimal = (precision: number, scale: number): Partial<SchemaElement> => ({
  type: precision > 18 ? 'FIXED_LEN_BYTE_ARRAY' : 'INT64',
  converted_type: 'DECIMAL',
  logical_type: { type: 'DECIMAL', precision, scale },
  precision,
  scale,
});

/** Columns of Parquet files, as their footers have them. */
const ELEMENTS: SchemaElement[] = (
  [
    { type: 'BOOLEAN' },
    { type: 'INT32', converted_type: 'INT_8' },
    { type: 'INT32', logical_type: { type: 'INTEGER', bitWidth: 16, isSigned: true } },
    { type: 'INT32' },
    { type: 'INT32', converted_type: 'INT_32' },
    { type: 'INT64' },
    { type: 'INT64', converted_type: 'INT_64' },
    { type: 'INT32', converted_type: 'UINT_8' },
    { type: 'INT32', logical_type: { type: 'INTEGER', bitWidth: 16, isSigned: false } },
    { type: 'INT32', converted_type: 'UINT_32' },
    { type: 'INT64', converted_type: 'UINT_64' },
    { type: 'FLOAT' },
    { type: 'DOUBLE' },
    decimal(8, 2),
    decimal(12, 2),
    decimal(29, 2),
    decimal(38, 2),
    decimal(50, 2),
    { type: 'INT32', converted_type: 'DATE' },
    { type: 'INT64', converted_type: 'TIME_MICROS' },
    { type: 'INT96' },
    { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' },
    { type: 'INT64', logical_type: { type: 'TIMESTAMP', unit: 'MILLIS', isAdjustedToUTC: true } },
    { type: 'INT64', logical_type: { type: 'TIMESTAMP', unit: 'NANOS', isAdjustedToUTC: false } },
    { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
    { type: 'BYTE_ARRAY' },
  ] satisfies Partial<SchemaElement>[]
).map((element) => ({ name: 'c', repetition_type: 'OPTIONAL', ...element }));

/** Columns of tables, as the catalog has them. */
const COLUMNS = [
  'boolean',
  'smallint',
  'integer',
  'bigint',
  'real',
  'double precision',
  'numeric(8,2)',
  'numeric(18,2)',
  'numeric(38,2)',
  'date',
  'time without time zone',
  'timestamp without time zone',
  'timestamp with time zone',
  'character(9)',
  'character varying(65535)',
];

const COMMAND = {} as CopyCommand;
const typeOf = (element: SchemaElement): string =>
  parquetColumns([{ name: 'root', num_children: 1 }, element])[0]!.type;
const isLoaded = (element: SchemaElement, type: string): boolean =>
  columnReader(element, { name: 'c', type, isRequired: false }, COMMAND) !== undefined;

describe('the check before a load', () => {
  test.each(COLUMNS)('lets pass whatever the stand-in loads into %s', (column) => {
    const loaded = ELEMENTS.filter((element) => isLoaded(element, column));
    expect(loaded.map(typeOf).filter((type) => !fits(type, column))).toEqual([]);
  });

  test.each([
    ['int64', 'integer'],
    ['uint64', 'integer'],
    ['string', 'date'],
    ['double', 'numeric(12,2)'],
    ['decimal(29,2)', 'numeric(18,2)'],
    ['timestamp_ns', 'timestamp without time zone'],
  ])('refuses what COPY is known to refuse or to misread: %s into %s', (type, column) => {
    const same = ELEMENTS.filter((element) => typeOf(element) === type);
    expect(same.some((element) => isLoaded(element, column))).toBe(false);
    expect(fits(type, column)).toBe(false);
  });

  test.each([
    ['int32', 'bigint'],
    ['float', 'double precision'],
    ['int32', 'numeric(8,2)'],
    ['decimal(12,2)', 'numeric(10,4)'],
    ['time', 'time without time zone'],
    ['nested', 'super'],
  ])('leaves to COPY what nobody knows: %s into %s', (type, column) => {
    expect(fits(type, column)).toBe(true);
  });
});

describe('a column that is made for a file', () => {
  const SAME: Readonly<Record<string, string>> = {
    timestamp: 'timestamp without time zone',
    timestamptz: 'timestamp with time zone',
    'varchar(65535)': 'character varying(65535)',
  };
  const made = ELEMENTS.map((element) => ({
    element,
    type: sqlTypeOf({ name: 'c', type: typeOf(element) }),
  }));

  test('takes the file', () => {
    const failing = made.flatMap(({ element, type }) => {
      // The stand-in has no VARBYTE.
      if (type === undefined || type.startsWith('varbyte')) return [];
      const column = SAME[type] ?? type.replace('decimal', 'numeric');
      return isLoaded(element, column) && fits(typeOf(element), column)
        ? []
        : [`${typeOf(element)}: ${type}`];
    });
    expect(failing).toEqual([]);
  });

  test('is none for what COPY has no column for', () => {
    expect(made.filter(({ type }) => type === undefined).map(({ element }) => typeOf(element))).toEqual([
      'uint32',
      'uint64',
      'decimal(50,2)',
      'time',
      'timestamp_ns',
    ]);
  });
});
