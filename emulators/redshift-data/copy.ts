import type { S3Client } from '@aws-sdk/client-s3';
import { pipeline as pipe, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type CopyCommand, parseCopy } from './copy-command.ts';
import { type SourceFile, sourceFiles } from './copy-source.ts';
import { copyTarget, type Target } from './copy-target.ts';
import { inChunks } from './copy-text.ts';
import { jsonLines } from './json-rows.ts';
import { LoadError, recordLoadError } from './load-error.ts';
import { parquetLines } from './parquet.ts';
import type { Token } from './tokens.ts';

export interface CopyContext {
  s3: (region?: string) => S3Client;
  signal: AbortSignal;
  /** Where load errors are written, outside the load's transaction. */
  admin: pg.ClientConfig;
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function* withoutLines(stream: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  for await (let chunk of stream) {
    while (left > 0 && chunk.length > 0) {
      const end = chunk.indexOf('\n');
      if (end >= 0) left--;
      chunk = end < 0 ? Buffer.alloc(0) : chunk.subarray(end + 1);
    }
    if (chunk.length > 0) yield chunk;
  }
}

const content = async (file: SourceFile, { gzip }: CopyCommand): Promise<Readable> => {
  const stream = await file.stream();
  return gzip ? pipe(stream, createGunzip(), () => {}) : stream;
};

const csvOptions = ({ delimiter }: CopyCommand, { columns }: Target): string => {
  // An empty field is an empty string in a text column, and null in any other.
  const text = columns.filter(({ type }) => type.startsWith('character')).map(({ name }) => identifier(name));
  const notNull = text.length > 0 ? `, FORCE_NOT_NULL (${text.join(', ')})` : '';
  return `FORMAT csv, DELIMITER ${pg.escapeLiteral(delimiter)}${notNull}`;
};

const rowsOf = async (
  file: SourceFile,
  command: CopyCommand,
  target: Target,
): Promise<AsyncIterable<Buffer>> => {
  if (command.format === 'parquet') return inChunks(parquetLines(file, target));
  const stream = await content(file, command);
  if (command.format === 'json') return inChunks(jsonLines(file.url, stream, target));
  return withoutLines(stream as AsyncIterable<Buffer>, command.ignoreHeader);
};

/** What Postgres says of a line that it can't take, with the file that the line is in. */
const lineError = (
  error: unknown,
  file: SourceFile,
  command: CopyCommand,
  { name, columns }: Target,
): unknown => {
  if (!(error instanceof pg.DatabaseError) || !error.where?.startsWith('COPY ')) return error;
  const [, line = '0', column = ''] = /, line (\d+)(?:, column ([^:]+))?/.exec(error.where) ?? [];
  const columnType = columns.find((other) => other.name === column)?.type ?? '';
  const number = Number(line) + (command.format === 'csv' ? command.ignoreHeader : 0);
  const place = `${file.url}, line ${number}${column && `, column ${column}`}`;
  return new LoadError(
    `Load into table '${name}' failed. Check 'sys_load_error_detail' system table for details.\n  Detail: ${place}: ${error.message}`,
    { file: file.url, line: number, column, columnType },
  );
};

const loadFile = async (
  client: pg.Client,
  file: SourceFile,
  command: CopyCommand,
  target: Target,
  signal: AbortSignal,
): Promise<number> => {
  const names = target.columns.map(({ name }) => identifier(name)).join(', ');
  const options = command.format === 'csv' ? csvOptions(command, target) : 'FORMAT text';
  const rows = await rowsOf(file, command, target);
  const sink = client.query(copyFrom(`COPY ${target.name} (${names}) FROM STDIN WITH (${options})`));
  try {
    await pipeline(Readable.from(rows), sink, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw lineError(error, file, command, target);
  }
  return sink.rowCount;
};

/** Runs a COPY inside the transaction of `client`; returns how many rows it loaded. All rows or none stay, by the transaction. */
export const copy = async (
  client: pg.Client,
  tokens: readonly Token[],
  { s3, signal, admin, queryId }: CopyContext & { queryId: number },
): Promise<number> => {
  const command = parseCopy(tokens);
  const target = await copyTarget(client, command);
  let rows = 0;
  try {
    for (const file of await sourceFiles(s3(command.region), command)) {
      rows += await loadFile(client, file, command, target, signal);
    }
  } catch (error) {
    if (error instanceof LoadError) await recordLoadError(admin, error, { queryId, tableId: target.id });
    throw error;
  }
  return rows;
};
