import { pipeline as pipe, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { RedshiftError } from '../error.ts';
import type { S3Clients } from '../s3.ts';
import type { Token } from '../sql/tokens.ts';
import { type CopyCommand, parseCopy } from './command.ts';
import { type JsonPath, readJsonPaths } from './json-paths.ts';
import { jsonRecords } from './json-records.ts';
import { LoadError, LoadErrors } from './load-error.ts';
import { parquetLines } from './parquet.ts';
import { goodLines } from './rows.ts';
import { type SourceFile, sourceFiles } from './source.ts';
import { copyTarget, type Target } from './target.ts';
import { inChunks } from './text.ts';
import { textRecords } from './text-records.ts';

export interface CopyContext {
  s3: S3Clients;
  signal: AbortSignal;
  /** Where load errors are written, outside the load's transaction. */
  admin: pg.ClientConfig;
}

interface Load {
  command: CopyCommand;
  target: Target;
  errors: LoadErrors;
  paths: JsonPath[] | undefined;
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function* unzipped(file: SourceFile, stream: Readable): AsyncGenerator<Buffer> {
  try {
    yield* pipe(stream, createGunzip(), () => {}) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new RedshiftError(`${file.url} is not a whole GZIP file: ${(error as Error).message}`);
  }
}

const content = async (file: SourceFile, { gzip }: CopyCommand): Promise<AsyncIterable<Buffer>> => {
  const stream = await file.stream();
  return gzip ? unzipped(file, stream) : (stream as AsyncIterable<Buffer>);
};

const linesOf = async (file: SourceFile, load: Load): Promise<AsyncIterable<string>> => {
  const { command, target, paths } = load;
  if (command.format === 'parquet') return parquetLines(file, target, command);
  const stream = await content(file, command);
  const records =
    command.format === 'json' ? jsonRecords(stream, command, target, paths) : textRecords(stream, command);
  return goodLines(file.url, records, load);
};

/** What Postgres says of a value that only Postgres judges, with the file that it is in. */
const sinkError = (error: unknown, file: SourceFile, { target }: Load): unknown => {
  if (!(error instanceof pg.DatabaseError) || !error.where?.startsWith('COPY ')) return error;
  const [, line = '0', column = ''] = /, line (\d+)(?:, column ([^:]+))?/.exec(error.where) ?? [];
  const columnType = target.columns.find((other) => other.name === column)?.type ?? '';
  const place = `${file.url}, row ${line}${column && `, column ${column}`}`;
  return new LoadError(
    `Load into table '${target.name}' failed. Check 'sys_load_error_detail' system table for details.\n  Detail: ${place}: ${error.message}`,
    { file: file.url, line: Number(line), column, columnType, code: 1200, reason: error.message },
  );
};

const loadFile = async (
  client: pg.Client,
  file: SourceFile,
  load: Load,
  signal: AbortSignal,
): Promise<number> => {
  const { name, columns } = load.target;
  const rows = inChunks(await linesOf(file, load));
  const names = columns.map((column) => identifier(column.name)).join(', ');
  const sink = client.query(copyFrom(`COPY ${name} (${names}) FROM STDIN`));
  try {
    await pipeline(Readable.from(rows), sink, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw sinkError(error, file, load);
  }
  return sink.rowCount;
};

const loadAll = async (client: pg.Client, load: Load, { s3, signal }: CopyContext): Promise<number> => {
  let rows = 0;
  for (const file of await sourceFiles(s3(load.command.region), load.command)) {
    rows += await loadFile(client, file, load, signal);
  }
  return rows;
};

/** NOLOAD reads and checks everything, and keeps nothing. */
const checkOnly = async (client: pg.Client, load: () => Promise<number>): Promise<number> => {
  await client.query('SAVEPOINT noload');
  await load();
  await client.query('ROLLBACK TO SAVEPOINT noload');
  return 0;
};

/** Runs a COPY inside the transaction of `client`; returns how many rows it loaded. All rows or none stay, by the transaction. */
export const copy = async (
  client: pg.Client,
  tokens: readonly Token[],
  context: CopyContext & { queryId: number; sessionId: number },
): Promise<number> => {
  const { s3, admin, queryId, sessionId } = context;
  const command = parseCopy(tokens);
  const target = await copyTarget(client, command);
  const { rows: ids } = await client.query<{ id: number }>(
    'SELECT oid::int8::int AS id FROM pg_roles WHERE rolname = current_user',
  );
  const errors = new LoadErrors(admin, { queryId, tableId: target.id, sessionId, userId: ids[0]!.id });
  const paths = command.json.startsWith('s3://')
    ? await readJsonPaths(s3(command.region), command.json, target.columns.length)
    : undefined;
  const load = { command, target, errors, paths };
  const run = () => loadAll(client, load, context);
  try {
    const rows = await (command.noLoad ? checkOnly(client, run) : run());
    await client.query(
      `SELECT set_config('redshift.last_copy_id', $1, false), set_config('redshift.last_copy_count', $2, false)`,
      [String(queryId), String(rows)],
    );
    return rows;
  } catch (error) {
    // Those of `goodLines` are noted already.
    if (error instanceof LoadError && errors.count === 0) await errors.add(error.problem);
    throw error;
  } finally {
    await errors.flush();
  }
};
