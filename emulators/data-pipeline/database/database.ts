import type { Services } from '../services/services.ts';
import type { BoundObject } from '../types/type.ts';
import { jdbcDatabase } from './jdbc.ts';
import { redshiftDatabase } from './redshift.ts';

/** A database object that is open. Every call ends what it began when it is aborted. */
export interface Database {
  /** Runs a script as one transaction; with arguments it is one statement with a `?` for each. */
  run(script: string, args: string[], signal: AbortSignal): Promise<void>;
  /** The rows of a query, values as text. */
  select(query: string, signal: AbortSignal): Promise<(string | null)[][]>;
  /** Runs a statement with a `?` per value once for each row, as one transaction. */
  insert(statement: string, rows: (string | null)[][], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Opens what an activity or a data node refers to as its `database`, and closes it after use. */
export async function withDatabase<T>(
  object: BoundObject,
  services: Services,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const target = object.object('database');
  if (target === undefined) throw new Error(`${object.id} refers to no database`);
  const clustered = target.text('connectionString') === undefined && target.text('clusterId') !== undefined;
  const database = clustered ? redshiftDatabase(target, services.redshift) : await jdbcDatabase(target);
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

/** `schema.table` of a data node. */
export function tableOf(node: BoundObject): string {
  const schema = node.text('schemaName');
  const table = node.text('tableName') ?? node.text('table') ?? '';
  return schema === undefined ? table : `${schema}.${table}`;
}

export async function tableExists(node: BoundObject, database: Database, signal: AbortSignal) {
  const quoted = (text: string) => `'${text.toLowerCase().replaceAll("'", "''")}'`;
  const [table = '', schema = 'public'] = tableOf(node).split('.').toReversed();
  const rows = await database.select(
    `select table_name from information_schema.tables where table_schema = ${quoted(schema)} and table_name = ${quoted(table)}`,
    signal,
  );
  return rows.length > 0;
}
