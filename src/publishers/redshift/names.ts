import { EtlError } from '../../domain/failure.ts';
import { shortHash } from '../../domain/key.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Quotes and backslashes are both doubled: Redshift reads backslash escapes in literals. */
export const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** A name as it is in the catalog; it may be a word that SQL reserves. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A table's name, taken apart: the same table has one name only, however it was written. */
export interface TableName {
  schema: string;
  table: string;
  /** `schema.table`, as the ledger has it. */
  full: string;
  sql: string;
}

/** Reads `table` or `schema.table`; Redshift folds names to lower case, and `public` is where names without a schema live. */
export function tableName(name: string): TableName {
  const parts = name.toLowerCase().split('.');
  const [schema, table] = parts.length === 1 ? ['public', parts[0]] : parts;
  if (parts.length > 2 || !NAME.test(schema ?? '') || !NAME.test(table ?? '')) {
    const mend = 'write schema.table, of letters, digits and _';
    throw new EtlError('Rejected', `table ${JSON.stringify(name)} is no plain name; ${mend}`);
  }
  const full = `${schema}.${table}`;
  return {
    schema: schema ?? '',
    table: table ?? '',
    full,
    sql: `${quoted(schema ?? '')}.${quoted(table ?? '')}`,
  };
}

/** The small table that publishers of a target lock: never the target itself, because LOCK keeps readers out. */
export const lockTable = (target: string): string => `lock_${shortHash(target, 16)}`;

/**
 * The stage of one preparation. The time in it tells stages that were left behind from those in use, and keeps the
 * statements of an earlier preparation under the same key, as after a reset, from loading the newer files.
 */
export const stageTable = (key: string, nowMs: number): string =>
  `s_${key.replaceAll('-', '_')}_${nowMs.toString(36)}`;

/** When the preparation was; undefined for a table that is no stage. */
export function stageTime(table: string): number | undefined {
  const [, time] = /^s_mr_[0-9a-f]{32}_[0-9a-f]{8}_\d+_([0-9a-z]{8})$/.exec(table) ?? [];
  return time === undefined ? undefined : Number.parseInt(time, 36);
}
