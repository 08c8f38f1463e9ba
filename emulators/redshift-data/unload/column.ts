import type { FieldDef } from 'pg';
import { typeName } from '../result.ts';

/** A column of the query that is unloaded. */
export interface Column {
  name: string;
  /** `int4`, `varchar`, … */
  type: string;
  precision?: number;
  scale?: number;
  length?: number;
}

export const columnOf = ({ name, dataTypeID, dataTypeModifier: modifier }: FieldDef): Column => {
  const type = typeName(dataTypeID);
  if (modifier < 4) return { name, type };
  if (type === 'numeric')
    return { name, type, precision: (modifier - 4) >> 16, scale: (modifier - 4) & 0xff_ff };
  return type === 'varchar' || type === 'bpchar' ? { name, type, length: modifier - 4 } : { name, type };
};

const BASES: Record<string, string> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  varchar: 'character varying',
  bpchar: 'character',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
};

/** A column as the schema of a verbose manifest has it. */
export const manifestElement = ({
  name,
  type,
  precision,
  scale,
  length,
}: Column): Record<string, unknown> => ({
  name,
  type: {
    base: BASES[type] ?? type,
    ...(precision !== undefined && { precision, scale }),
    ...(length !== undefined && { max_length: length }),
  },
});
