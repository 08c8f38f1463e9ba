import type pg from 'pg';
import { batches, type TextRow } from '../cursor.ts';
import { RedshiftError } from '../error.ts';
import type { S3Clients } from '../s3.ts';
import type { Token } from '../sql/tokens.ts';
import { type Column, columnOf } from './column.ts';
import { parseUnload, type UnloadCommand } from './command.ts';
import { checkEmpty, clean, type UnloadedFile, writeManifest } from './destination.ts';
import { Files } from './files.ts';
import { logUnload } from './log.ts';

const NULL_PARTITION = '__HIVE_DEFAULT_PARTITION__';

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Rows in the order of their partitions, so that no two of them are written at once. */
const partitioned = (sql: string, { partitionBy }: UnloadCommand): string =>
  partitionBy.length === 0
    ? sql
    : `SELECT * FROM (${sql}) unloaded ORDER BY ${partitionBy.map(identifier).join(', ')}`;

/** Which columns go into the files, and the folder that a row goes into. */
const layout = (columns: readonly Column[], { partitionBy, include }: UnloadCommand) => {
  // One that isn't there, PostgreSQL has refused already.
  const keys = partitionBy.map((name) => columns.findIndex((column) => column.name === name));
  const kept = columns.flatMap((_, at) => (include || !keys.includes(at) ? [at] : []));
  if (kept.length === 0) throw new RedshiftError('All columns are partition columns: use INCLUDE');
  const folder = (row: TextRow): string =>
    keys
      .map(
        (at, n) => `${partitionBy[n]!}=${row[at] === null ? NULL_PARTITION : encodeURIComponent(row[at]!)}/`,
      )
      .join('');
  return { kept, folder };
};

export interface UnloadContext {
  s3: S3Clients;
  signal: AbortSignal;
  /** Where the files are noted, outside the transaction. */
  admin: pg.ClientConfig;
  queryId: number;
  sessionId: number;
  /** Turns the query into PostgreSQL's SQL. */
  translate: (sql: string) => string;
}

const writeFiles = async (
  client: pg.Client,
  command: UnloadCommand,
  { s3, signal, translate }: UnloadContext,
): Promise<UnloadedFile[]> => {
  const bucket = s3(command.region);
  const sql = partitioned(translate(command.query).replace(/;\s*$/, ''), command);
  let columns: Column[] | undefined;
  let place: ReturnType<typeof layout>;
  let files: Files | undefined;
  try {
    for await (const { fields, rows } of batches(client, { text: sql })) {
      if (!columns) {
        columns = fields.map(columnOf);
        place = layout(columns, command);
        if (command.cleanPath && command.partitionBy.length === 0) await clean(bucket, command.to);
        files = new Files(
          bucket,
          command,
          place.kept.map((at) => columns![at]!),
        );
      }
      for (const row of rows) {
        signal.throwIfAborted();
        await files!.add(
          place!.kept.map((at) => row[at]!),
          place!.folder(row),
        );
      }
    }
    await files!.finish();
  } catch (error) {
    await files?.abort();
    throw error;
  }
  if (command.manifest) await writeManifest(bucket, command, files!.done, columns!);
  return files!.done;
};

/** Runs an UNLOAD; returns how many rows it wrote. When it fails, files that are complete stay, as with Redshift. */
export const unload = async (
  client: pg.Client,
  tokens: readonly Token[],
  context: UnloadContext,
): Promise<number> => {
  const startedAtMs = Date.now();
  const command = parseUnload(tokens);
  if (command.partitionBy.length > 0) command.to.key = command.to.key.replace(/([^/])$/, '$1/');
  await checkEmpty(context.s3(command.region), command);
  const files = await writeFiles(client, command, context);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const { queryId, sessionId, admin } = context;
  await logUnload(admin, files, {
    user: client.user!,
    queryId,
    sessionId,
    startedAtMs,
    format: command.format,
  });
  await client.query(
    `SELECT set_config('redshift.last_unload_id', $1, false), set_config('redshift.last_unload_count', $2, false)`,
    [String(queryId), String(rows)],
  );
  return rows;
};
