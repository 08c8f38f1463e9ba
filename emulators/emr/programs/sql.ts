import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as spark from '../../spark-files.ts';
import type { Files } from '../s3.ts';
import { inDuckdb, unescaped, withoutComments } from './statements.ts';

type Format = 'parquet' | 'csv' | 'json';
type Folders = Parameters<typeof spark.inDuckdb>[0];
type Row = Record<string, unknown>;

/** A table's columns are declared. */
const NO_COLUMNS: Folders = { hasFolderColumns: false, foldersAbove: [] };

const READ: Record<Format, string> = { parquet: 'read_parquet', csv: 'read_csv', json: 'read_json' };
const LITERAL = String.raw`('(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*")`;

const VIEW = new RegExp(
  String.raw`^create\s+(?:or\s+replace\s+)?(?:global\s+)?temp(?:orary)?\s+view\s+(\S+)\s+using\s+(\w+)\s+options\s*\(([\s\S]*)\)$`,
  'i',
);
const TABLE = new RegExp(
  String.raw`^create\s+external\s+table\s+(?:if\s+not\s+exists\s+)?(\S+)\s*\([\s\S]*\)\s*(?:row\s+format[\s\S]*?)?stored\s+as\s+(\w+)\s+location\s+${LITERAL}[\s\S]*$`,
  'i',
);
const DIRECTORY = new RegExp(
  String.raw`^insert\s+overwrite\s+(?:local\s+)?directory\s+${LITERAL}\s+(?:(?:using|stored\s+as)\s+(\w+)\s+)?(?:options\s*\(([^)]*)\)\s*)?([\s\S]+)$`,
  'i',
);

/** Spark SQL and HiveQL on DuckDB, as far as reading files, one query and writing files go. */
export class Sql {
  readonly #connection: DuckDBConnection;
  readonly #files: Files;
  readonly #folder: string;
  /** Views over files: their format and options, by their names as written. */
  readonly #views = new Map<string, { native: string; options: string }>();
  #made = 0;

  private constructor(connection: DuckDBConnection, files: Files, folder: string) {
    this.#connection = connection;
    this.#files = files;
    this.#folder = folder;
  }

  static async open(files: Files): Promise<Sql> {
    const folder = await mkdtemp(path.resolve('sql-'));
    const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '512MB' });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new Sql(connection, files, folder);
  }

  /** Runs one statement; its rows. */
  async run(statement: string): Promise<Row[]> {
    const sql = withoutComments(statement).trim();
    if (/^(set|reset|use|add\s+jar)\b/i.test(sql)) return [];
    const view = VIEW.exec(sql);
    if (view) return this.#view(view[1] ?? '', view[2] ?? '', view[3] ?? '', () => true);
    const ofFiles = spark.viewOfFiles(sql);
    const source = ofFiles && this.#views.get(ofFiles.of);
    if (source) return this.#view(ofFiles.name, source.native, source.options, ofFiles.keeps);
    const table = TABLE.exec(sql);
    if (table) {
      const url = unescaped(table[3] ?? "''");
      return this.#readable(table[1] ?? '', table[2] ?? '', url, await this.#files.list(url));
    }
    const directory = DIRECTORY.exec(sql);
    if (directory) {
      const [, target = "''", format = 'csv', options = '', query = ''] = directory;
      return this.#write(unescaped(target), format, options, query);
    }
    return this.#query(inDuckdb(sql));
  }

  close(): void {
    this.#connection.closeSync();
    void rm(this.#folder, { recursive: true, force: true });
  }

  /** Of the files of a source those that are kept. */
  async #view(
    name: string,
    native: string,
    options: string,
    keeps: (file: string) => boolean,
  ): Promise<Row[]> {
    this.#views.set(name, { native, options });
    const url = optionOf(options, 'path').replace(/^s3[an]:/, 's3:');
    const said = ['recursiveFileLookup', 'pathGlobFilter'].flatMap((option) => {
      const value = optionOf(options, option);
      return value === '' ? [] : [[option.toLowerCase(), value] as const];
    });
    const all = await this.#files.list(spark.listable(url));
    const { files, ...folders } = spark.sparkFiles(all, url, Object.fromEntries(said));
    return this.#readable(name, native, url, files.filter(keeps), folders);
  }

  /** Copies what is read here: a job must not see files that come later either. */
  async #readable(
    name: string,
    native: string,
    url: string,
    found: string[],
    folders: Folders = NO_COLUMNS,
  ): Promise<Row[]> {
    const format = formatOf(native);
    if (found.length === 0) throw new Error(`[PATH_NOT_FOUND] Path does not exist: ${url}.`);
    this.#made += 1;
    const local: string[] = [];
    for (const file of found) {
      const copy = path.join(this.#folder, `in-${this.#made}`, file.replace(/^s3:\/\/[^/]+\//, ''));
      await mkdir(path.dirname(copy), { recursive: true });
      await writeFile(copy, await this.#files.read(file));
      local.push(copy);
    }
    const list = local.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
    const { columns, partitioning } = spark.inDuckdb(folders);
    const from = `${READ[format]}([${list}], union_by_name = true, ${partitioning})`;
    return this.#query(`CREATE OR REPLACE VIEW ${inDuckdb(name)} AS SELECT ${columns} FROM ${from}`);
  }

  /** Replaces what is in the folder, once the query has come through. */
  async #write(url: string, native: string, options: string, query: string): Promise<Row[]> {
    const format = formatOf(native);
    const file = path.join(this.#folder, `out-${randomUUID()}`);
    const header = format === 'csv' ? `, HEADER ${optionOf(options, 'header') === 'true'}` : '';
    await this.#query(`COPY (${inDuckdb(query)}\n) TO '${file}' (FORMAT ${format}${header})`);
    const folder = url.replace(/\/*$/, '/');
    for (const old of await this.#files.list(folder)) await this.#files.delete(old);
    const ending = format === 'parquet' ? 'snappy.parquet' : format;
    await this.#files.write(`${folder}part-00000-${randomUUID()}-c000.${ending}`, await readFile(file));
    await this.#files.write(`${folder}_SUCCESS`, '');
    return [];
  }

  async #query(sql: string): Promise<Row[]> {
    const reader = await this.#connection.runAndReadAll(sql).catch((error: unknown) => {
      // One line, as Spark's own: the drawing of the query below it is DuckDB's.
      const [words = ''] = (error as Error).message.split('\n\nLINE ');
      throw new Error(words.replaceAll(/\s+/g, ' ').trim());
    });
    return reader.getRowObjectsJson();
  }
}

function formatOf(native: string): Format {
  const name = native.toLowerCase();
  const format = name === 'textfile' ? 'csv' : name;
  if (format !== 'parquet' && format !== 'csv' && format !== 'json')
    throw new Error(`this stand-in reads and writes parquet, csv and json, not ${native}`);
  return format;
}

/** One of `path '…', header 'true'`. */
function optionOf(options: string, name: string): string {
  const [, literal] = new RegExp(String.raw`\b${name}\s+${LITERAL}`, 'i').exec(options) ?? [];
  return literal === undefined ? '' : unescaped(literal);
}
