import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';

import { EtlError, assertNever } from '../domain/failure.ts';
import type { FileFormat, FileSet, Measure, ObjectStore, StoredFile } from '../ports.ts';
import { parquetFooter } from './parquet-footer.ts';
import { createCsvCounter, createJsonCounter, type RecordCounter } from './record-counter.ts';

const FILES_AT_ONCE = 8;

/**
 * Counts what was really written: rows from Parquet footers, or from the records of CSV (with a header) and JSON
 * files. A name that ends in `.gz` is unpacked on the way.
 */
export async function measureOutput(store: ObjectStore, { path, format }: FileSet): Promise<Measure> {
  const files = await store.list(path);
  const total: Measure = { rows: 0, files: files.length, bytes: 0 };
  const left = files.values();
  const count = async () => {
    for (const file of left) {
      total.bytes += file.bytes;
      // Its own statement: `total.rows += await …` would read the sum before the wait.
      const rows = await countRows(store, file, format);
      total.rows += rows;
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, count));
  return total;
}

async function countRows(store: ObjectStore, file: StoredFile, format: FileFormat): Promise<number> {
  switch (format) {
    case 'parquet':
      return parquetRows(store, file);
    case 'csv':
      return recordsIn(store, file, createCsvCounter());
    case 'json':
      return recordsIn(store, file, createJsonCounter());
    case 'orc':
      throw new EtlError(
        'Rejected',
        `the rows of ${file.path} can't be counted: it is ORC, which only COPY reads`,
      );
    default:
      return assertNever(format);
  }
}

async function parquetRows(store: ObjectStore, file: StoredFile): Promise<number> {
  return Number((await parquetFooter(store, file)).num_rows);
}

async function recordsIn(store: ObjectStore, { path }: StoredFile, counter: RecordCounter): Promise<number> {
  const content = await store.readStream(path);
  const count = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) counter.add(chunk);
  };
  if (path.endsWith('.gz')) await pipeline(Readable.from(content), createGunzip(), count);
  else await count(content);
  return counter.end();
}
