import type { Row, TableShape } from '../../ports.ts';
import type { OwnTables } from './ledger.ts';
import { stageTime, text, type TableName } from './names.ts';

/** What the catalog says of a target and of our own tables. */
export interface Catalog {
  /** Its name, with the schema. */
  target: string;
  /** Undefined where there is no such table. */
  table: TableShape | undefined;
  /** Its columns that are never null. */
  required: ReadonlySet<string>;
  /** It is there, and it is something else: a view. */
  isNoTable: boolean;
  own: OwnTables;
  /** Our stage tables that this user may drop, with the times of their preparations in ms. */
  stages: { name: string; preparedAt: number }[];
}

/**
 * One query over the catalog: it runs on the leader node alone, which Redshift does not mix with tables of users.
 *
 * @see https://docs.aws.amazon.com/redshift/latest/dg/c_sql-functions-leader-node.html
 */
export function catalogQuery({ schema, table, full }: TableName): string {
  const here = `n.nspname = ${text(schema)} AND c.relname = ${text(table)}`;
  const columns =
    'pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace ' +
    `WHERE ${here} AND a.attnum > 0 AND NOT a.attisdropped`;
  const rows = (kind: string, name: string, info: string, position: string, from: string) =>
    `SELECT ${text(kind)} AS kind, CAST(${name} AS varchar(256)) AS name, CAST(${info} AS varchar(256)) AS info, ` +
    `CAST(${position} AS int) AS position, ${text(full)} AS target FROM ${from}`;
  return [
    rows(
      'relation',
      'c.relname',
      'c.relkind',
      '0',
      `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${here}`,
    ),
    rows('column', 'a.attname', 'format_type(a.atttypid, a.atttypmod)', 'a.attnum', columns),
    rows('required', 'a.attname', "''", 'a.attnum', `${columns} AND a.attnotnull`),
    rows(
      'key',
      'k.column_name',
      "''",
      'k.ordinal_position',
      'information_schema.table_constraints t JOIN information_schema.key_column_usage k ' +
        'ON k.constraint_name = t.constraint_name AND k.table_schema = t.table_schema AND k.table_name = t.table_name ' +
        `WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_schema = ${text(schema)} AND t.table_name = ${text(table)}`,
    ),
    rows('schema', 'nspname', "''", '0', "pg_namespace WHERE nspname = 'millrace'"),
    rows(
      'own',
      'tablename',
      "CASE WHEN tableowner = current_user THEN 'mine' ELSE 'theirs' END",
      '0',
      "pg_tables WHERE schemaname = 'millrace' AND (tablename = 'ledger' OR LEFT(tablename, 5) IN ('lock_', 's_mr_'))",
    ),
  ].join(' UNION ALL ');
}

/** A table or a view, by the letter that the catalog has for it; Redshift calls its tables `r`. */
const TABLE_KINDS = ['r', 'p'];

export function readCatalog(rows: readonly Row[], target: string): Catalog {
  const of = (kind: string) =>
    rows
      .filter((row) => row['kind'] === kind)
      .map(({ name, info, position }) => ({
        name: String(name),
        info: String(info ?? ''),
        position: Number(position),
      }))
      .toSorted((a, b) => a.position - b.position);
  const [relation] = of('relation');
  const isTable = relation !== undefined && TABLE_KINDS.includes(relation.info);
  const own = of('own');
  return {
    target,
    table: isTable
      ? {
          name: target,
          columns: of('column').map(({ name, info }) => ({ name, type: info })),
          primaryKey: of('key').map(({ name }) => name),
        }
      : undefined,
    required: new Set(of('required').map(({ name }) => name)),
    isNoTable: relation !== undefined && !isTable,
    own: { schema: of('schema').length > 0, tables: new Set(own.map(({ name }) => name)) },
    stages: own.flatMap(({ name, info }) => {
      const preparedAt = info === 'mine' ? stageTime(name) : undefined;
      return preparedAt === undefined ? [] : [{ name, preparedAt }];
    }),
  };
}
