/*
 * Redshift's system tables and views, as far as a loader looks at them, where PostgreSQL has its catalogue.
 * https://docs.aws.amazon.com/redshift/latest/dg/cm_chap_system-tables.html
 */

const LOADS = `
  DO $do$ BEGIN
    -- Made as a table by an earlier version.
    IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('pg_catalog.sys_load_error_detail') AND relkind = 'r') THEN
      DROP TABLE pg_catalog.sys_load_error_detail;
    END IF;
  END $do$;
  CREATE TABLE IF NOT EXISTS pg_catalog.stl_load_errors (
    userid integer, slice integer, tbl integer, starttime timestamp, session integer, query integer, filename varchar(256),
    line_number bigint, colname varchar(127), type varchar(10), col_length varchar(10), position integer,
    raw_line varchar(1024), raw_field_value varchar(1024), err_code integer, err_reason varchar(512),
    is_partial integer DEFAULT 0, start_offset bigint DEFAULT 0, copy_job_id bigint DEFAULT 0
  );
  CREATE OR REPLACE VIEW pg_catalog.stl_loaderror_detail AS SELECT userid, slice, session, query, filename, line_number,
    0 AS field, colname, raw_field_value AS value, CASE WHEN err_code = 0 THEN 0 ELSE 1 END AS is_null, type, col_length
    FROM pg_catalog.stl_load_errors;
  CREATE OR REPLACE VIEW pg_catalog.sys_load_error_detail AS SELECT userid AS user_id, query::bigint AS query_id,
    query::bigint AS transaction_id, session AS session_id, current_database()::varchar AS database_name, tbl AS table_id,
    starttime AS start_time, filename AS file_name, line_number, colname AS column_name, type AS column_type,
    col_length AS column_length, position, err_code AS error_code, err_reason AS error_message
    FROM pg_catalog.stl_load_errors;
  GRANT SELECT ON pg_catalog.stl_load_errors, pg_catalog.stl_loaderror_detail, pg_catalog.sys_load_error_detail TO PUBLIC;
  CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_id() RETURNS integer STABLE LANGUAGE sql
    RETURN coalesce(nullif(current_setting('redshift.last_copy_id', true), '')::integer, -1);
  CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint STABLE LANGUAGE sql
    RETURN coalesce(nullif(current_setting('redshift.last_copy_count', true), '')::bigint, 0);
`;

const UNLOADS = `
  CREATE TABLE IF NOT EXISTS pg_catalog.stl_unload_log (
    userid integer, query integer, slice integer, pid integer, path varchar(1280), start_time timestamp, end_time timestamp,
    line_count bigint, transfer_size bigint, file_format varchar(10)
  );
  CREATE OR REPLACE VIEW pg_catalog.sys_unload_detail AS SELECT userid AS user_id, query::bigint AS query_id, pid AS session_id,
    current_database()::varchar AS database_name, start_time, end_time, path AS file_name, line_count AS unloaded_rows,
    transfer_size AS unloaded_bytes, file_format FROM pg_catalog.stl_unload_log;
  CREATE OR REPLACE VIEW pg_catalog.sys_unload_history AS SELECT userid AS user_id, query::bigint AS query_id,
    query::bigint AS transaction_id, pid AS session_id, current_database()::varchar AS database_name,
    'success'::varchar AS status, min(start_time) AS start_time, max(end_time) AS end_time, file_format,
    sum(line_count)::bigint AS unloaded_rows, count(*) AS unloaded_files_count, sum(transfer_size)::bigint AS unloaded_files_size
    FROM pg_catalog.stl_unload_log GROUP BY userid, query, pid, file_format;
  GRANT SELECT ON pg_catalog.stl_unload_log, pg_catalog.sys_unload_detail, pg_catalog.sys_unload_history TO PUBLIC;
  CREATE OR REPLACE FUNCTION pg_catalog.pg_last_unload_id() RETURNS integer STABLE LANGUAGE sql
    RETURN coalesce(nullif(current_setting('redshift.last_unload_id', true), '')::integer, -1);
  CREATE OR REPLACE FUNCTION pg_catalog.pg_last_unload_count() RETURNS bigint STABLE LANGUAGE sql
    RETURN coalesce(nullif(current_setting('redshift.last_unload_count', true), '')::bigint, 0);
`;

const USER_SCHEMAS = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'`;

/** A column's type in the words of Redshift. */
const TYPE = 'redshift_format_type(a.atttypid, a.atttypmod)';

const CATALOG = `
  CREATE OR REPLACE VIEW pg_catalog.pg_table_def AS
    SELECT n.nspname AS schemaname, c.relname AS tablename, a.attname AS "column", ${TYPE} AS type, 'none'::varchar AS encoding,
      false AS distkey, 0 AS sortkey, a.attnotnull AS "notnull"
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND n.nspname = ANY (current_schemas(false)) ORDER BY 1, 2, a.attnum;
  CREATE OR REPLACE VIEW pg_catalog.svv_tables AS SELECT * FROM information_schema.tables;
  CREATE OR REPLACE VIEW pg_catalog.svv_columns AS SELECT * FROM information_schema.columns;
  CREATE OR REPLACE VIEW pg_catalog.svv_all_columns AS
    SELECT current_database()::varchar AS database_name, n.nspname AS schema_name, c.relname AS table_name,
      a.attname AS column_name, a.attnum::int AS ordinal_position, pg_get_expr(d.adbin, d.adrelid) AS column_default,
      CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable, regexp_replace(${TYPE}, '[(].*[)]', '') AS data_type,
      information_schema._pg_char_max_length(a.atttypid, a.atttypmod) AS character_maximum_length,
      information_schema._pg_numeric_precision(a.atttypid, a.atttypmod) AS numeric_precision,
      information_schema._pg_numeric_scale(a.atttypid, a.atttypmod) AS numeric_scale, NULL::varchar AS remarks
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'v', 'm') AND ${USER_SCHEMAS};
  CREATE OR REPLACE VIEW pg_catalog.svv_redshift_columns AS
    SELECT database_name, schema_name, table_name, column_name, ordinal_position, data_type, column_default, is_nullable,
      'none'::varchar AS encoding, false AS distkey, 0 AS sortkey, NULL::varchar AS column_acl, remarks
    FROM pg_catalog.svv_all_columns;
  CREATE OR REPLACE VIEW pg_catalog.svv_all_tables AS
    SELECT current_database()::varchar AS database_name, n.nspname AS schema_name, c.relname AS table_name,
      CASE WHEN c.relkind = 'r' THEN 'TABLE' ELSE 'VIEW' END AS table_type, array_to_string(c.relacl, ',') AS table_acl,
      NULL::varchar AS remarks
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm') AND ${USER_SCHEMAS};
  CREATE OR REPLACE VIEW pg_catalog.svv_redshift_tables AS SELECT * FROM pg_catalog.svv_all_tables;
  CREATE OR REPLACE VIEW pg_catalog.svv_all_schemas AS
    SELECT current_database()::varchar AS database_name, n.nspname AS schema_name, n.nspowner::int AS schema_owner,
      'local'::varchar AS schema_type, array_to_string(n.nspacl, ',') AS schema_acl, NULL::varchar AS source_database,
      NULL::varchar AS schema_option
    FROM pg_namespace n WHERE ${USER_SCHEMAS};
  CREATE OR REPLACE VIEW pg_catalog.svv_table_info AS
    SELECT current_database()::varchar AS database, n.nspname AS schema, c.oid::int8 AS table_id, c.relname AS "table",
      'N'::varchar AS encoded, 'AUTO(EVEN)'::varchar AS diststyle, 'AUTO(SORTKEY)'::varchar AS sortkey1,
      (pg_total_relation_size(c.oid) / 1048576)::bigint AS size, greatest(c.reltuples, 0)::numeric(38,0) AS tbl_rows
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND ${USER_SCHEMAS};
  CREATE OR REPLACE VIEW pg_catalog.stv_slices AS SELECT 0 AS node, slice, slice AS localslice, 'D'::varchar AS type
    FROM (VALUES (0), (1)) s(slice);
  ${['pg_table_def', 'svv_tables', 'svv_columns', 'svv_all_columns', 'svv_redshift_columns', 'svv_all_tables', 'svv_redshift_tables', 'svv_all_schemas', 'svv_table_info', 'stv_slices'].map((name) => `GRANT SELECT ON pg_catalog.${name} TO PUBLIC;`).join('\n  ')}
`;

/**
 * Keys are declared and not enforced: the catalogue shows them, and their indexes are marked as not to be written and not
 * to be read, so that PostgreSQL passes over them.
 */
const KEYS = `
  CREATE OR REPLACE FUNCTION pg_catalog.redshift_keys_are_not_enforced() RETURNS event_trigger SECURITY DEFINER
    SET search_path = pg_catalog LANGUAGE plpgsql AS $$ BEGIN
      UPDATE pg_index SET indisready = false, indisvalid = false WHERE indisunique AND indisready AND indrelid IN
        (SELECT objid FROM pg_event_trigger_ddl_commands() WHERE classid = 'pg_class'::regclass);
    END $$;
  DROP EVENT TRIGGER IF EXISTS redshift_keys;
  CREATE EVENT TRIGGER redshift_keys ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE')
    EXECUTE FUNCTION pg_catalog.redshift_keys_are_not_enforced();
`;

/** The statements that put them in place; they may be run again. */
export const SYSTEM_TABLES = LOADS + UNLOADS + CATALOG + KEYS;
