import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { BoundObject } from '../types/type.ts';
import type { Database } from './database.ts';
import { numbered } from './split-sql.ts';

const JDBC = /^jdbc:(?:postgresql|redshift):\/\/(?<host>[^:/?]+)(?::(?<port>\d+))?\/(?<database>[^?;]+)/;

/** What `pg` needs to reach a database object with a `connectionString`. */
function settingsOf(object: BoundObject): pg.ClientConfig {
  const jdbc = object.text('connectionString') ?? '';
  const { host, port, database } = JDBC.exec(jdbc)?.groups ?? {};
  if (host === undefined || database === undefined) {
    throw new Error(
      `${object.id}: cannot read the connection string ${jdbc}; write jdbc:postgresql://host:port/database or jdbc:redshift://…`,
    );
  }
  return {
    host,
    port: Number(port ?? 5439),
    user: object.text('username') ?? '',
    password: object.text('*password') ?? '',
    database: object.text('databaseName') ?? database,
    application_name: object.id,
    connectionTimeoutMillis: 10_000,
  };
}

/** A database behind a JDBC URL: PostgreSQL, or what speaks its protocol. */
export async function jdbcDatabase(object: BoundObject): Promise<Database> {
  const settings = settingsOf(object);
  const client = new pg.Client(settings);
  // A connection that breaks also rejects the query, which is where it is told.
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const cancellable = <T>(query: () => Promise<T>, signal: AbortSignal) =>
    untilCancelled(query, signal, () => cancelBackend(settings, rows[0]?.pid));
  const asked = (statement: string) => numbered(statement, (number) => `$${number}`);

  return {
    async run(script, args, signal) {
      const query = (): Promise<unknown> =>
        args.length === 0 ? client.query(script) : client.query(asked(script), args);
      await cancellable(query, signal);
    },
    select: async (text, signal) => {
      const types = { getTypeParser: () => (value: string) => value };
      const query = { text, rowMode: 'array', types } as unknown as pg.QueryArrayConfig;
      return cancellable(async () => (await client.query<(string | null)[]>(query)).rows, signal);
    },
    async insert(statement, values, signal) {
      const text = asked(statement);
      await client.query('begin');
      await cancellable(async () => {
        for (const row of values) {
          signal.throwIfAborted();
          await client.query(text, row);
        }
      }, signal);
      await client.query('commit');
    },
    close: () => client.end(),
  };
}

/** Waits for a query; after an abort asks for its cancelling again and again, as a request can come too early. */
async function untilCancelled<T>(
  query: () => Promise<T>,
  signal: AbortSignal,
  cancel: () => Promise<void>,
): Promise<T> {
  signal.throwIfAborted();
  let running = true;
  const stop = async () => {
    while (running) {
      await cancel();
      await sleep(100);
    }
  };
  let stopping: Promise<void> | undefined;
  const onAbort = () => void (stopping = stop());
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await query();
  } finally {
    running = false;
    signal.removeEventListener('abort', onAbort);
    await stopping;
  }
}

/** Postgres takes the wish to cancel on a connection of its own. A database that is gone needs none. */
async function cancelBackend(settings: pg.ClientConfig, pid: number | undefined): Promise<void> {
  const client = new pg.Client(settings);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_cancel_backend($1)', [pid]);
    await client.end();
  } catch {
    return;
  }
}
