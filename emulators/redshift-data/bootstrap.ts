import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { FUNCTIONS } from './functions.ts';
import type { Postgres } from './postgres.ts';
import { SYSTEM_TABLES } from './system-tables.ts';

export const USER = 'awsuser';
export const DATABASE = 'dev';

/** What Redshift has and Postgres hasn't, put where built-in functions and system views are. */
const SYSTEM = `SET allow_system_table_mods = on; SET client_min_messages = error; ${FUNCTIONS} ${SYSTEM_TABLES}`;

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

const createDatabase = async (client: pg.Client, name: string, options: string): Promise<void> => {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${name} ${options}`);
};

/** Puts the user, the database `dev` and Redshift's functions in place; every call may be repeated. Returns the user's password. */
export const bootstrap = async (postgres: Postgres): Promise<string> => {
  const password = randomBytes(18).toString('base64url');
  // Databases that users make later are copies of template1; those that an earlier start made may be older than this code.
  const existing = await inDatabase(postgres.connection('postgres'), (client) =>
    client.query<{ datname: string }>(
      `SELECT datname FROM pg_database WHERE datname NOT IN ('template0', 'postgres', '${STATEMENTS_DATABASE}')`,
    ),
  );
  for (const { datname } of existing.rows) {
    await inDatabase(postgres.connection(datname), (client) => client.query(SYSTEM));
  }
  await inDatabase(postgres.connection('postgres'), async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [USER]);
    if (rowCount === 0) await client.query(`CREATE ROLE ${USER} LOGIN CREATEDB CREATEROLE`);
    await client.query(`ALTER ROLE ${USER} PASSWORD '${password}'`);
    await createDatabase(client, DATABASE, `OWNER ${USER}`);
    await createDatabase(client, STATEMENTS_DATABASE, 'TEMPLATE template0');
    await client.query(`REVOKE CONNECT ON DATABASE postgres, template1, ${STATEMENTS_DATABASE} FROM PUBLIC`);
  });
  return password;
};

/** The database where the stand-in remembers statements; users can't connect to it. */
export const statementsConnection = (postgres: Postgres): pg.ClientConfig =>
  postgres.connection(STATEMENTS_DATABASE);
