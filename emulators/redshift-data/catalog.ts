import type pg from 'pg';
import type { z } from 'zod';
import { inDatabase } from './bootstrap.ts';
import { ApiError } from './error.ts';
import type { DescribeTable, ListDatabases, ListSchemas, ListTables } from './requests.ts';

const page = <T>(
  all: T[],
  { NextToken = '0', MaxResults }: { NextToken?: string | undefined; MaxResults: number },
) => {
  const to = Number(NextToken) + (MaxResults || all.length);
  return { items: all.slice(Number(NextToken), to), ...(to < all.length && { NextToken: String(to) }) };
};

const query = async <Row extends pg.QueryResultRow>(
  connection: pg.ClientConfig,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> => {
  try {
    return await inDatabase(connection, async (client) => (await client.query<Row>(sql, values)).rows);
  } catch (error) {
    throw new ApiError('DatabaseConnectionException', (error as Error).message, 500);
  }
};

export const listDatabases = async (connection: pg.ClientConfig, request: z.infer<typeof ListDatabases>) => {
  const rows = await query<{ datname: string }>(
    connection,
    `SELECT datname FROM pg_database WHERE NOT datistemplate AND has_database_privilege(datname, 'CONNECT') ORDER BY 1`,
  );
  const { items, ...rest } = page(
    rows.map(({ datname }) => datname),
    request,
  );
  return { Databases: items, ...rest };
};

export const listSchemas = async (connection: pg.ClientConfig, request: z.infer<typeof ListSchemas>) => {
  const rows = await query<{ nspname: string }>(
    connection,
    `SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)' AND nspname LIKE $1 ORDER BY 1`,
    [request.SchemaPattern ?? '%'],
  );
  const { items, ...rest } = page(
    rows.map(({ nspname }) => nspname),
    request,
  );
  return { Schemas: items, ...rest };
};

const TABLES = `
  SELECT c.relname AS name, n.nspname AS schema,
    CASE WHEN n.nspname IN ('pg_catalog', 'information_schema') THEN 'SYSTEM ' ELSE '' END ||
      CASE WHEN c.relkind IN ('v', 'm') THEN 'VIEW' ELSE 'TABLE' END AS type
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname !~ '^pg_(toast|temp)' AND n.nspname LIKE $1 AND c.relname LIKE $2
  ORDER BY n.nspname, c.relname`;

export const listTables = async (connection: pg.ClientConfig, request: z.infer<typeof ListTables>) => {
  const patterns = [request.SchemaPattern ?? '%', request.TablePattern ?? '%'];
  const { items, ...rest } = page(await query(connection, TABLES, patterns), request);
  return { Tables: items, ...rest };
};

const COLUMNS = `
  SELECT a.attname AS name, a.attname AS label, CASE t.typname WHEN 'text' THEN 'varchar' ELSE t.typname END AS "typeName",
    n.nspname AS "schemaName", c.relname AS "tableName", (NOT a.attnotnull)::int AS nullable,
    coalesce(information_schema._pg_char_max_length(a.atttypid, a.atttypmod), 0) AS length,
    coalesce(information_schema._pg_numeric_precision(a.atttypid, a.atttypmod),
      information_schema._pg_char_max_length(a.atttypid, a.atttypmod), 0) AS precision,
    coalesce(information_schema._pg_numeric_scale(a.atttypid, a.atttypmod), 0) AS scale,
    pg_get_expr(d.adbin, d.adrelid) AS "columnDefault"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relname = $1 AND n.nspname = coalesce($2, n.nspname) AND c.relkind IN ('r', 'v', 'm')
  ORDER BY a.attnum`;

export const describeTable = async (connection: pg.ClientConfig, request: z.infer<typeof DescribeTable>) => {
  const columns = await query(connection, COLUMNS, [request.Table, request.Schema ?? null]);
  const { items, ...rest } = page(columns, request);
  return { TableName: request.Table, ColumnList: items, ...rest };
};
