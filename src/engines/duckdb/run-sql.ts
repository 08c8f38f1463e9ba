import { closeSync, fsyncSync, openSync } from 'node:fs';

import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

import { isS3Path } from '../../domain/file-path.ts';
import type { FileFormat, SqlSpec } from '../../ports.ts';
import { checkQuery, type QueryTree } from './check-query.ts';
import type { JobSettings, S3Access } from './settings.ts';

/* ORC is refused before, by `checkSpec`. */
const READ: Partial<Record<FileFormat, string>> = {
  parquet: 'read_parquet',
  csv: 'read_csv',
  json: 'read_json',
};
const WRITE: Partial<Record<FileFormat, string>> = {
  parquet: 'FORMAT parquet, COMPRESSION snappy',
  csv: 'FORMAT csv, HEADER',
  json: 'FORMAT json',
};

/** Runs a job's query over its inputs and nothing else, and writes the rows to one file; returns how many. */
export async function runSql(
  spec: SqlSpec,
  target: string,
  tempFolder: string,
  settings: JobSettings,
): Promise<number> {
  const connection = await openDatabase(tempFolder, settings);
  // The same query gives the same days on every machine.
  await connection.run("SET TimeZone = 'UTC'");
  const files = Object.values(settings.files).flat();
  if ([target, ...files].some(isS3Path)) await reachS3(connection, settings);
  await connection.run(`SET allowed_paths = ${list([target, ...files])}`);
  for (const [name, { format }] of Object.entries(spec.inputs)) {
    // A folder like dt=2001-01-05 is no column: the declared files have the same columns on every engine.
    const options = 'union_by_name = true, hive_partitioning = false';
    const from = `${READ[format]}(${list(settings.files[name] ?? [])}, ${options})`;
    await connection.run(`CREATE VIEW "${name}" AS SELECT * FROM ${from}`);
  }
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  const query = await checkedQuery(connection, spec);
  const copy = `COPY (\n${query}\n) TO ${text(target)} (${WRITE[spec.output.format]}, USE_TMP_FILE false)`;
  const [[rows] = []] = (await connection.runAndReadAll(copy)).getRows();
  if (!isS3Path(target)) flush(target);
  return Number(rows);
}

async function openDatabase(tempFolder: string, settings: JobSettings): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: settings.memory,
    threads: String(settings.threads),
    temp_directory: tempFolder,
    ...(settings.maxTempSize === undefined ? {} : { max_temp_directory_size: settings.maxTempSize }),
    extension_directory: settings.extensions,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_persistent_secrets: 'false',
  });
  return instance.connect();
}

async function reachS3(connection: DuckDBConnection, { httpfs, s3 = {} }: JobSettings): Promise<void> {
  if (httpfs === undefined) await connection.run('INSTALL httpfs');
  await connection.run(`LOAD ${httpfs === undefined ? 'httpfs' : text(httpfs)}`);
  await connection.run(`CREATE SECRET (${secretOptions(s3).join(', ')})`);
}

function secretOptions(s3: S3Access): string[] {
  const [, scheme, host] = /^(?:(https?):\/\/)?([^/]+)/.exec(s3.endpoint ?? '') ?? [];
  const options = {
    KEY_ID: s3.accessKeyId,
    SECRET: s3.secretAccessKey,
    SESSION_TOKEN: s3.sessionToken,
    REGION: s3.region,
    ENDPOINT: host,
    URL_STYLE: s3.urlStyle,
  };
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${text(value)}`],
  );
  return ['TYPE s3', ...given, `USE_SSL ${s3.useSsl ?? scheme !== 'http'}`];
}

/**
 * The query's text, without the semicolon at its end, once its tree has passed. A cut before a semicolon is right only
 * if the tree stays the same, so nothing has to be known here of quotes and comments; and as the text alone is one
 * whole SELECT, it cannot reach out of the brackets that it is put in.
 */
async function checkedQuery(connection: DuckDBConnection, spec: SqlSpec): Promise<string> {
  let query = spec.query.replace(/^[\s;]+/, '');
  const tree = await treeOf(connection, query);
  checkQuery(JSON.parse(tree) as QueryTree, Object.keys(spec.inputs));
  for (let at = query.lastIndexOf(';'); at > 0; at = query.lastIndexOf(';', at - 1)) {
    const shorter = query.slice(0, at);
    if ((await treeOf(connection, shorter)) === tree) query = shorter;
  }
  return query;
}

async function treeOf(connection: DuckDBConnection, query: string): Promise<string> {
  const [[tree] = []] = (
    await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [query])
  ).getRows();
  return String(tree);
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

const list = (values: string[]): string => `[${values.map(text).join(', ')}]`;

function flush(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}
