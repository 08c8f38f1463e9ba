import type pg from 'pg';
import { RedshiftError } from '../error.ts';
import type { CopyCommand } from './command.ts';

export interface TargetColumn {
  name: string;
  /** As `format_type` says it: `character varying(20)`, `numeric(18,2)`. */
  type: string;
  isRequired: boolean;
}

export interface Target {
  id: number;
  /** Quoted for SQL. */
  name: string;
  columns: TargetColumn[];
}

interface Column extends TargetColumn {
  isIdentity: boolean;
}

const COLUMNS = `
  SELECT c.oid::int8 AS id, c.oid::regclass::text AS table_name, a.attname AS name,
    format_type(a.atttypid, a.atttypmod) AS type, a.attidentity <> '' AS "isIdentity", a.attnotnull AS "isRequired"
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE c.oid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

const unquoted = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();

const named = (command: CopyCommand, written: string, all: readonly Column[]): Column => {
  const column = all.find(({ name }) => name === unquoted(written));
  if (!column) throw new RedshiftError(`column "${written}" of relation "${command.table}" does not exist`);
  if (column.isIdentity && !command.explicitIds)
    throw new RedshiftError(`cannot set an identity column to a value: "${written}" needs EXPLICIT_IDS`);
  return column;
};

/** The table of a COPY and the columns that it fills: without a list all but identity columns. */
export const copyTarget = async (client: pg.Client, command: CopyCommand): Promise<Target> => {
  const table = command.table.startsWith('#') ? `"${command.table.toLowerCase()}"` : command.table;
  const { rows } = await client.query<Column & { id: string; table_name: string }>(COLUMNS, [table]);
  const first = rows[0];
  if (!first) throw new RedshiftError(`relation "${command.table}" has no columns`);
  const widths = command.widths.map(({ column }) => column);
  const list = command.columns.length > 0 ? command.columns : widths;
  const columns =
    list.length > 0
      ? list.map((written) => named(command, written, rows))
      : rows.filter(({ isIdentity }) => command.explicitIds || !isIdentity);
  return { id: Number(first.id), name: first.table_name, columns };
};
