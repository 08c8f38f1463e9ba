import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type Postgres, SUPERUSER } from './postgres.ts';

export const USER = 'awsuser';
export const DATABASE = 'dev';

/** What Redshift has and Postgres hasn't, put where built-in functions and system views are. */
const SYSTEM = `
  SET allow_system_table_mods = on;
  CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp STABLE LANGUAGE sql
    RETURN date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC');
  CREATE OR REPLACE FUNCTION pg_catalog.sysdate() RETURNS timestamp STABLE LANGUAGE sql
    RETURN transaction_timestamp() AT TIME ZONE 'UTC';
  CREATE OR REPLACE FUNCTION pg_catalog.len(text) RETURNS integer IMMUTABLE STRICT LANGUAGE sql RETURN length($1);
  ${['timestamp', 'timestamptz']
    .map(
      (type) => `
  CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, moment ${type}) RETURNS ${type} STABLE STRICT
    LANGUAGE sql RETURN moment + amount * CASE part WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || part)::interval END;
  CREATE OR REPLACE FUNCTION pg_catalog.datediff(part text, a ${type}, b ${type}) RETURNS bigint STABLE STRICT
    LANGUAGE sql RETURN (CASE
      WHEN part IN ('year', 'quarter', 'month') THEN
        ((extract(year FROM b) - extract(year FROM a)) * 12 +
          extract(month FROM date_trunc(part, b)) - extract(month FROM date_trunc(part, a)))
        / CASE part WHEN 'year' THEN 12 WHEN 'quarter' THEN 3 ELSE 1 END
      ELSE extract(epoch FROM date_trunc(part, b) - date_trunc(part, a)) / extract(epoch FROM ('1 ' || part)::interval)
    END)::bigint;`,
    )
    .join('')}
  CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, moment date) RETURNS timestamp STABLE STRICT
    LANGUAGE sql RETURN pg_catalog.dateadd(part, amount, moment::timestamp);
  CREATE OR REPLACE FUNCTION pg_catalog.dateadd(part text, amount bigint, moment text) RETURNS timestamp STABLE STRICT
    LANGUAGE sql RETURN pg_catalog.dateadd(part, amount, moment::timestamp);
  CREATE TABLE IF NOT EXISTS pg_catalog.sys_load_error_detail (
    query_id bigint, table_id bigint, start_time timestamp, file_name varchar(256), line_number bigint,
    column_name varchar(127), column_type varchar(10), error_code integer, error_message varchar(512)
  );
  GRANT SELECT ON pg_catalog.sys_load_error_detail TO PUBLIC;
`;

const STATEMENTS_DATABASE = 'millrace_emulator';

/** Does some work on a connection of its own. */
export const inDatabase = async <T>(
  config: pg.ClientConfig,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> => {
  const client = new pg.Client(config);
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const createDatabase = async (client: pg.Client, name: string, owner: string): Promise<void> => {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${name} OWNER ${owner}`);
};

/** Puts the user, the database `dev` and Redshift's functions in place; every call may be repeated. Returns the user's password. */
export const bootstrap = async (postgres: Postgres): Promise<string> => {
  const password = randomBytes(18).toString('base64url');
  // Databases that users make later are copies of template1.
  await inDatabase(postgres.connection('template1'), (client) => client.query(SYSTEM));
  await inDatabase(postgres.connection('postgres'), async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [USER]);
    if (rowCount === 0) await client.query(`CREATE ROLE ${USER} LOGIN CREATEDB CREATEROLE`);
    await client.query(`ALTER ROLE ${USER} PASSWORD '${password}'`);
    await createDatabase(client, DATABASE, USER);
    await createDatabase(client, STATEMENTS_DATABASE, SUPERUSER);
    await client.query(`REVOKE CONNECT ON DATABASE postgres, template1, ${STATEMENTS_DATABASE} FROM PUBLIC`);
  });
  return password;
};

/** The database where the stand-in remembers statements; users can't connect to it. */
export const statementsConnection = (postgres: Postgres): pg.ClientConfig =>
  postgres.connection(STATEMENTS_DATABASE);
