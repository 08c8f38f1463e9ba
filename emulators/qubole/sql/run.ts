import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import {
  inDuckdb,
  listable,
  sparkFiles,
  viewOfFiles,
  type SourceOptions,
  type SparkFiles,
} from '../../spark-files.ts';
import { emptied, plain } from './files.ts';
import { statements } from './statements.ts';
import { translate, type Work } from './translate.ts';

const READ: Record<string, string> = { parquet: 'read_parquet', csv: 'read_csv', json: 'read_json' };
const LIBRARY = { parquet: 'parquet', csv: 'csv', json: 'json', orc: null, textfile: 'csv' } as const;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Runs statements of a dialect on DuckDB; the rows of the last query are printed, tab by tab. */
export async function runOnDuckdb(
  { sql, dialect, httpfs }: { sql: string; dialect: string; httpfs: string | null },
  print: (text: string) => void,
): Promise<void> {
  const connection = await (
    await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '1GB' })
  ).connect();
  const all = statements(sql, dialect);
  if (/\bs3[an]?:\/\//.test(sql)) await openS3(connection, httpfs);
  const views: Views = new Map();
  for (const statement of all) await run(connection, translate(statement), views, print);
}

/** The views over files, by their names as written. */
type Views = Map<string, Extract<Work, { is: 'view' }>>;

async function run(
  connection: DuckDBConnection,
  work: Work,
  views: Views,
  print: (text: string) => void,
): Promise<void> {
  switch (work.is) {
    case 'nothing':
      return;
    case 'view': {
      views.set(work.name, work);
      await makeView(connection, work, () => true);
      return;
    }
    case 'table': {
      const files = `[${(await filesOf(connection, work.path)).map(quoted).join(', ')}]`;
      await connection.run(`CREATE OR REPLACE TEMP VIEW ${work.name} AS ${rowsOf(work, files)}`);
      return;
    }
    case 'directory': {
      const format = LIBRARY[work.format as keyof typeof LIBRARY];
      if (!format) throw new Error(`this stand-in writes no ${work.format}`);
      // The query first, into a table: it may read what is overwritten.
      await connection.run(`CREATE OR REPLACE TEMP TABLE millrace_rows AS ${work.query}`);
      const file = `${await emptied(work.path)}part-00000.${format}`;
      await connection.run(`COPY millrace_rows TO ${quoted(file)} (${copyOptions(format, work).join(', ')})`);
      return;
    }
    case 'statement': {
      const view = viewOfFiles(work.sql);
      const source = view && views.get(view.of);
      if (source) return makeView(connection, { ...source, name: view.name }, view.keeps);
      const reader = await connection.runAndReadAll(work.sql);
      const rows = reader.columnCount > 0 ? reader.getRowsJson() : [];
      if (/^\s*(?:SELECT|WITH|FROM|VALUES|SHOW|DESCRIBE|\()/i.test(work.sql))
        print(rows.map((row) => `${row.map(text).join('\t')}\r\n`).join(''));
    }
  }
}

/** A view over those files of a source that are kept. */
async function makeView(
  connection: DuckDBConnection,
  { name, format, options }: Extract<Work, { is: 'view' }>,
  keeps: (file: string) => boolean,
): Promise<void> {
  const reader = READ[format];
  if (reader === undefined) throw new Error(`this stand-in reads no ${format}`);
  const { files, ...folders } = await sourceOf(connection, options);
  const kept = files.filter(keeps);
  if (kept.length === 0) throw new Error(`[PATH_NOT_FOUND] Path does not exist: ${options['path'] ?? ''}`);
  const { columns, partitioning } = inDuckdb(folders);
  const isUnion = format !== 'parquet' || options['mergeschema'] === 'true';
  const header = format === 'csv' ? `, header = ${options['header'] === 'true'}` : '';
  const from = `${reader}([${kept.map(quoted).join(', ')}]${header}, union_by_name = ${isUnion}, ${partitioning})`;
  await connection.run(`CREATE OR REPLACE TEMP VIEW ${name} AS SELECT ${columns} FROM ${from}`);
}

/** Text has no names in it; other files are read by the names of the columns. */
function rowsOf({ columns, format, delimiter }: Extract<Work, { is: 'table' }>, files: string): string {
  if (format === 'textfile') {
    const types = columns.map(([name, type]) => `${quoted(name)}: ${quoted(type)}`).join(', ');
    return `SELECT * FROM read_csv(${files}, header = false, delim = ${quoted(delimiter)}, columns = {${types}}, hive_partitioning = false)`;
  }
  if (format !== 'parquet') throw new Error(`this stand-in reads no ${format}`);
  const cast = columns.map(([name, type]) => `CAST("${name}" AS ${type}) AS "${name}"`);
  return `SELECT ${cast.join(', ')} FROM read_parquet(${files}, hive_partitioning = false)`;
}

function copyOptions(
  format: string,
  { format: named, options }: Extract<Work, { is: 'directory' }>,
): string[] {
  if (format !== 'csv') return [`FORMAT ${format}`];
  const delimiter = options['delimiter'] ?? (named === 'textfile' ? '\u0001' : ',');
  return ['FORMAT csv', `HEADER ${options['header'] === 'true'}`, `DELIMITER ${quoted(delimiter)}`];
}

async function sourceOf(connection: DuckDBConnection, options: SourceOptions): Promise<SparkFiles> {
  const path = plain(options['path'] ?? '');
  const glob = `SELECT file FROM glob(${quoted(`${listable(path)}**`)}) ORDER BY file`;
  const all = (await connection.runAndReadAll(glob)).getRowsJson().map(([file]) => file as string);
  return sparkFiles(all, path, options);
}

/** The files below a folder but for hidden ones. */
async function filesOf(connection: DuckDBConnection, path: string): Promise<string[]> {
  const at = plain(path);
  const pattern = at.endsWith('/') ? `${at}**` : at;
  const reader = await connection.runAndReadAll(`SELECT file FROM glob(${quoted(pattern)}) ORDER BY file`);
  const files = reader.getRowsJson().map(([file]) => file as string);
  const visible = files.filter((file) => !/\/[._][^/]*$/.test(file));
  if (visible.length === 0) throw new Error(`[PATH_NOT_FOUND] Path does not exist: ${path}`);
  return visible;
}

async function openS3(connection: DuckDBConnection, httpfs: string | null): Promise<void> {
  if (httpfs === null) await connection.run('INSTALL httpfs');
  await connection.run(`LOAD ${httpfs === null ? 'httpfs' : quoted(httpfs)}`);
  const { env } = process;
  const endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const url = endpoint === undefined ? undefined : new URL(endpoint);
  const options = [
    'TYPE s3',
    `KEY_ID ${quoted(env['AWS_ACCESS_KEY_ID'] ?? '')}`,
    `SECRET ${quoted(env['AWS_SECRET_ACCESS_KEY'] ?? '')}`,
    `REGION ${quoted(env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1')}`,
    ...(env['AWS_SESSION_TOKEN'] ? [`SESSION_TOKEN ${quoted(env['AWS_SESSION_TOKEN'])}`] : []),
    ...(url
      ? [`ENDPOINT ${quoted(url.host)}`, "URL_STYLE 'path'", `USE_SSL ${url.protocol === 'https:'}`]
      : []),
  ];
  await connection.run(`CREATE SECRET (${options.join(', ')})`);
}

const text = (value: unknown): string =>
  value === null ? 'NULL' : typeof value === 'string' ? value : JSON.stringify(value);
