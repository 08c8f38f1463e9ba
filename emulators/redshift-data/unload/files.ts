import type { S3Client } from '@aws-sdk/client-s3';
import type { Column } from './column.ts';
import type { UnloadCommand } from './command.ts';
import { clean, type UnloadedFile } from './destination.ts';
import { OutputFile } from './output-file.ts';
import { ParquetFile } from './parquet-file.ts';
import { lineOf } from './text-lines.ts';

type Row = readonly (string | null)[];

interface Open {
  file: OutputFile;
  parquet?: ParquetFile;
  /** Of the text, before compression; what MAXFILESIZE is held against. */
  characters: number;
  rows: number;
}

/** The files of an UNLOAD, of which one is open at a time: rows of one partition come one after the other. */
export class Files {
  readonly #s3: S3Client;
  readonly #command: UnloadCommand;
  readonly #columns: readonly Column[];
  readonly #line: (row: Row) => string;
  readonly done: UnloadedFile[] = [];
  #folder: string | undefined;
  #number = 0;
  #open: Open | undefined;

  constructor(s3: S3Client, command: UnloadCommand, columns: readonly Column[]) {
    this.#s3 = s3;
    this.#command = command;
    this.#columns = columns;
    this.#line = command.format === 'parquet' ? (row) => row.join('|') : lineOf(columns, command);
  }

  /** Adds a row to the partition with this folder, as in `day=2001-01-05/`. */
  async add(row: Row, folder = ''): Promise<void> {
    if (folder !== this.#folder) await this.#enter(folder);
    const line = this.#line(row);
    if (this.#open && this.#open.characters + line.length > this.#command.maxFileBytes) await this.#close();
    const open = await this.#opened();
    open.rows++;
    open.characters += line.length + 1;
    if (open.parquet) await open.parquet.add(row);
    else await open.file.write(`${line}\n`);
  }

  /** Closes the last file. A query without rows leaves an empty file of text, and none of Parquet or in partitions. */
  async finish(): Promise<void> {
    const isEmpty = this.done.length === 0 && !this.#open;
    const { format, partitionBy } = this.#command;
    if (isEmpty && format !== 'parquet' && partitionBy.length === 0) await this.#opened();
    await this.#close();
  }

  async abort(): Promise<void> {
    await this.#open?.file.abort();
  }

  async #enter(folder: string): Promise<void> {
    await this.#close();
    this.#folder = folder;
    this.#number = 0;
    const { to, cleanPath } = this.#command;
    if (cleanPath && folder) await clean(this.#s3, { bucket: to.bucket, key: to.key + folder });
  }

  async #opened(): Promise<Open> {
    if (this.#open) return this.#open;
    const { to, format, gzip, header, delimiter } = this.#command;
    const key = `${to.key}${this.#folder ?? ''}${this.#name()}`;
    const file = new OutputFile(this.#s3, { bucket: to.bucket, key }, { gzip });
    this.#open = { file, characters: 0, rows: 0 };
    if (format === 'parquet') this.#open.parquet = new ParquetFile(file, this.#columns);
    const names = this.#columns.map(({ name }) => name);
    if (header) await file.write(`${names.join(delimiter ?? (format === 'csv' ? ',' : '|'))}\n`);
    return this.#open;
  }

  #name(): string {
    const { parallel, format, gzip, extension } = this.#command;
    const number = this.#number++;
    const base = parallel ? `0000_part_${String(number).padStart(2, '0')}` : String(number).padStart(3, '0');
    const usual = format === 'parquet' ? '.parquet' : gzip ? '.gz' : '';
    return extension === undefined ? base + usual : `${base}.${extension}`;
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    const { file, parquet, rows } = this.#open;
    await parquet?.finish();
    await file.close();
    this.done.push({ url: file.url, bytes: file.bytes, rows });
    this.#open = undefined;
  }
}
