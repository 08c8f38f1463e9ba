import type pg from 'pg';
import type { CopyCommand } from './copy-command.ts';
import { RedshiftError } from './error.ts';

export interface TargetColumn {
  name: string;
  /** As `format_type` says it: `character varying(20)`, `numeric(18,2)`. */
  type: string;
}

export interface Target {
  id: number;
  /** Quoted for SQL. */
  name: string;
  columns: TargetColumn[];
}

const COLUMNS = `
  SELECT c.oid::int8 AS id, c.oid::regclass::text AS name, a.attname AS column,
    format_type(a.atttypid, a.atttypmod) AS type, a.attidentity <> '' AS is_identity
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE c.oid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

const unquoted = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();

/** The table of a COPY and the columns that it fills: without a list all but identity columns. */
export const copyTarget = async (client: pg.Client, command: CopyCommand): Promise<Target> => {
  const table = command.table.startsWith('#') ? `"${command.table.toLowerCase()}"` : command.table;
  const { rows } = await client.query<{
    id: string;
    name: string;
    column: string;
    type: string;
    is_identity: boolean;
  }>(COLUMNS, [table]);
  const first = rows[0];
  if (!first) throw new RedshiftError(`relation "${command.table}" has no columns`);
  const all = rows.map(({ column, type, is_identity }) => ({ name: column, type, isIdentity: is_identity }));
  const columns =
    command.columns.length === 0
      ? all.filter(({ isIdentity }) => !isIdentity)
      : command.columns.map((written) => {
          const column = all.find(({ name }) => name === unquoted(written));
          if (!column)
            throw new RedshiftError(`column "${written}" of relation "${command.table}" does not exist`);
          return column;
        });
  return { id: Number(first.id), name: first.name, columns };
};
