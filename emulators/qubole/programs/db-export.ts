import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DbTap } from '../db-taps.ts';
import { CommandFailure } from '../error.ts';
import type { SimpleRequest } from '../request.ts';
import type { Program } from './program.ts';

type ExportRequest = Extract<SimpleRequest, { command_type: 'DbExportCommand' }>;

/** Between the fields of Hive's text files. */
const HIVE_DELIMITER = '\u0001';
/** Where the files come before they are in the table. */
const STAGE = 'pg_temp.millrace_export';

/**
 * Copies the text files of a folder into a table, column by column in the table's own order, as one transaction (QDS
 * commits in pieces). Hive tables can't be exported: there is no metastore that would know them.
 */
export const dbExport: Program<ExportRequest> = async (request, { storage, dbTaps, signal, stderr }) => {
  if (request.mode === '1')
    throw new CommandFailure(
      `this stand-in has no metastore, so it knows no Hive table ${request.hive_table}; export a folder`,
    );
  const folder = request.export_dir ?? '';
  const files = await storage.files(folder);
  if (files.length === 0) throw new CommandFailure(`there are no files in ${folder}`);
  const client = new pg.Client(settingsOf(dbTaps.get(String(request.dbtap_id))));
  // A connection that breaks also rejects the query, which is where it is told.
  client.on('error', () => undefined);
  const abort = () => void client.end();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    const table = await tableOf(client, request.db_table);
    await client.query('BEGIN');
    await client.query(`CREATE TEMP TABLE millrace_export (LIKE ${table.name}) ON COMMIT DROP`);
    const delimiter = pg.escapeLiteral(characterOf(request.fields_terminated_by));
    for (const file of files) {
      const copy = copyFrom(`COPY ${STAGE} FROM STDIN (FORMAT text, DELIMITER ${delimiter})`);
      await pipeline(await storage.open(file), client.query(copy));
    }
    let records = 0;
    for (const statement of publication(request, table))
      records += (await client.query(statement)).rowCount ?? 0;
    await client.query('COMMIT');
    await stderr.appendFile(`Exported ${records} records.\n`);
    return { exitCode: 0 };
  } catch (error) {
    throw new CommandFailure(`Export failed: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    signal.removeEventListener('abort', abort);
    await client.end();
  }
};

const settingsOf = ({ host, port, name, user, password }: DbTap): pg.ClientConfig => ({
  host,
  port,
  database: name,
  user,
  password,
  connectionTimeoutMillis: 10_000,
});

interface Table {
  name: string;
  columns: string[];
  primaryKey: string[];
}

/** Names that go into statements come from the catalogue, quoted. */
async function tableOf(client: pg.Client, name: string): Promise<Table> {
  const { rows } = await client.query<{ column: string; in_key: boolean }>(
    `SELECT a.attname AS column, coalesce(a.attnum = ANY (i.indkey), false) AS in_key
       FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
      WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [name],
  );
  if (rows.length === 0) throw new Error(`Table ${name} does not exist`);
  const { rows: named } = await client.query<{ name: string }>('SELECT to_regclass($1)::text AS name', [
    name,
  ]);
  return {
    name: named[0]?.name ?? '',
    columns: rows.map(({ column }) => column),
    primaryKey: rows.filter(({ in_key }) => in_key).map(({ column }) => column),
  };
}

/** What brings the rows from the stage into the table. */
function publication({ db_update_mode: mode, db_update_keys: given }: ExportRequest, table: Table): string[] {
  const { name, columns, primaryKey } = table;
  const quoted = (all: readonly string[]) => all.map(pg.escapeIdentifier);
  const all = quoted(columns).join(', ');
  const insert = `INSERT INTO ${name} (${all}) SELECT ${all} FROM ${STAGE} s`;
  if (!mode) return [insert];
  const keys = mode === 'allowinsert' ? primaryKey : (given ?? '').split(',').map((key) => key.trim());
  if (keys.length === 0) throw new Error(`allowinsert needs a primary key, and ${name} has none`);
  const unknown = keys.filter((key) => !columns.includes(key));
  if (unknown.length > 0) throw new Error(`${name} has no column ${unknown.join(', ')}`);
  const same = quoted(keys)
    .map((key) => `t.${key} = s.${key}`)
    .join(' AND ');
  const set = quoted(columns.filter((column) => !keys.includes(column))).map(
    (column) => `${column} = s.${column}`,
  );
  const update = `UPDATE ${name} t SET ${set.join(', ')} FROM ${STAGE} s WHERE ${same}`;
  // Not ON CONFLICT: a warehouse may not enforce its keys.
  const added = `${insert} WHERE NOT EXISTS (SELECT 1 FROM ${name} t WHERE ${same})`;
  return mode === 'allowinsert' ? [update, added] : [update];
}

/** `\0x2c` or the character itself. */
function characterOf(text: string | null | undefined): string {
  if (!text) return HIVE_DELIMITER;
  const [, hex] = /^\\0x([0-9a-f]{1,2})$/i.exec(text) ?? [];
  const character = hex === undefined ? text : String.fromCharCode(parseInt(hex, 16));
  if (character.length !== 1) throw new CommandFailure(`fields_terminated_by is no character: ${text}`);
  return character;
}
