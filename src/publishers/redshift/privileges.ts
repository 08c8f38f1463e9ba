import type { Row } from '../../ports.ts';
import { text, type TableName } from './names.ts';

/** Asks what the user may do; each column that comes back false is a privilege that is missing. */
export function privilegesQuery(tables: readonly TableName[], hasSchema: boolean): string {
  const ask = [
    hasSchema
      ? "has_schema_privilege(current_user, 'millrace', 'create') AS own"
      : "has_database_privilege(current_user, current_database(), 'create') AS own",
    ...tables.flatMap(({ full }, index) =>
      ['select', 'insert', 'delete'].map(
        (what) => `has_table_privilege(current_user, ${text(full)}, '${what}') AS t${index}_${what}`,
      ),
    ),
  ];
  return `SELECT ${ask.join(', ')}, ${hasSchema} AS has_schema`;
}

export function missingPrivileges(row: Row, tables: readonly TableName[]): string[] {
  const own =
    row['has_schema'] === true ? 'create in the schema millrace' : 'create a schema in the database';
  return [
    ...(row['own'] === false ? [own] : []),
    ...tables.flatMap(({ full }, index) => {
      const missing = ['select', 'insert', 'delete'].filter((what) => row[`t${index}_${what}`] === false);
      return missing.length > 0 ? [`${missing.join(', ')} on ${full}`] : [];
    }),
  ];
}
