import type { SchemaElement } from 'hyparquet';
import { RedshiftError } from '../error.ts';
import type { Column } from './column.ts';

/** What a column is in a Parquet file, and how a value in PostgreSQL's text format becomes one of its values. */
export interface ParquetColumn {
  element: SchemaElement;
  value: (text: string) => unknown;
}

const daysOf = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 86_400_000;

const microsOf = (text: string): bigint => {
  const [, second = '', fraction = '', zone = ''] =
    /^([\d-]+ [\d:]+)(?:\.(\d+))?([+-]\d\d)?$/.exec(text) ?? [];
  const millis = Date.parse(`${second.replace(' ', 'T')}${zone ? `${zone}:00` : 'Z'}`);
  if (Number.isNaN(millis)) throw new RedshiftError(`the timestamp ${text} can't stand in a Parquet file`);
  return BigInt(millis) * 1000n + BigInt(fraction.padEnd(6, '0') || 0);
};

const unscaled =
  (scale: number) =>
  (text: string): bigint => {
    const [whole = '', fraction = ''] = text.split('.');
    return BigInt(whole + fraction.padEnd(scale, '0'));
  };

const decimal = ({ name, precision, scale = 0 }: Column): ParquetColumn => {
  if (precision === undefined) {
    throw new RedshiftError(
      `PostgreSQL, which Millrace's local stand-in runs on, doesn't know the scale of the numeric column ${name}: cast it, as in ${name}::numeric(38,2)`,
    );
  }
  return {
    element: {
      name,
      type: 'FIXED_LEN_BYTE_ARRAY',
      type_length: 16,
      converted_type: 'DECIMAL',
      precision,
      scale,
    },
    value: unscaled(scale),
  };
};

/** The types that Redshift writes. */
export const parquetColumn = (column: Column): ParquetColumn => {
  const { name, type } = column;
  const as = (element: Omit<SchemaElement, 'name'>, value: ParquetColumn['value']): ParquetColumn => ({
    element: { name, repetition_type: 'OPTIONAL', ...element },
    value,
  });
  switch (type) {
    case 'int2':
      return as({ type: 'INT32', converted_type: 'INT_16' }, Number);
    case 'int4':
      return as({ type: 'INT32' }, Number);
    case 'int8':
      return as({ type: 'INT64' }, BigInt);
    case 'float4':
      return as({ type: 'FLOAT' }, Number);
    case 'float8':
      return as({ type: 'DOUBLE' }, Number);
    case 'bool':
      return as({ type: 'BOOLEAN' }, (text) => text === 't');
    case 'date':
      return as({ type: 'INT32', converted_type: 'DATE' }, daysOf);
    case 'timestamp':
    case 'timestamptz':
      return as({ type: 'INT64', converted_type: 'TIMESTAMP_MICROS' }, microsOf);
    case 'numeric': {
      const { element, value } = decimal(column);
      return as(element, value);
    }
    default:
      return as({ type: 'BYTE_ARRAY', converted_type: 'UTF8' }, (text) => text);
  }
};
