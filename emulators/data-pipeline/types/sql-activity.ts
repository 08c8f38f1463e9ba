import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ACTIVITY_REFS, RUNS_ON } from './activity.ts';
import { connectionOf } from './database.ts';
import type { ObjectType } from './type.ts';

/**
 * Runs a script on a database, for real. All its statements are one transaction, and with `scriptArgument` it may
 * hold one statement, with a `?` for each argument. `scriptUri` is not known here.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-sqlactivity.html
 */
export const sqlActivity: ObjectType = {
  role: 'activity',
  required: ['database', 'script'],
  oneOf: [RUNS_ON],
  optional: ['scriptArgument', 'queue'],
  refs: { ...ACTIVITY_REFS, database: 'database' },

  async run({ object, warehouse, signal }) {
    const database = object.object('database');
    if (database === undefined) throw new Error(`${object.id} refers to no database`);
    const settings = {
      ...connectionOf(database, warehouse),
      application_name: object.id,
      connectionTimeoutMillis: 10_000,
    };
    const client = new pg.Client(settings);
    // A connection that breaks also rejects the query, which is where it is told.
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      signal.throwIfAborted();
      await cancellable(
        runScript(client, object.text('script') ?? '', object.texts('scriptArgument')),
        signal,
        () => cancelBackend(settings, rows[0]?.pid),
      );
    } finally {
      await client.end();
    }
  },
};

function runScript(client: pg.Client, script: string, args: string[]): Promise<unknown> {
  if (args.length === 0) return client.query(script);
  let count = 0;
  const numbered = script.replace(/'(?:[^']|'')*'|"[^"]*"|--.*|\/\*[^]*?\*\/|\?/g, (token) =>
    token === '?' ? `$${++count}` : token,
  );
  return client.query(numbered, args);
}

/** Waits for `query`; after an abort asks for its cancelling again and again, as a request can come too early. */
async function cancellable(
  query: Promise<unknown>,
  signal: AbortSignal,
  cancel: () => Promise<void>,
): Promise<void> {
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
    await query;
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
