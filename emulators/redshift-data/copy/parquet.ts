import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  type ParquetParsers,
  parquetRead,
  type SchemaElement,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { SourceFile } from './source.ts';
import type { CopyCommand } from './command.ts';
import type { Target } from './target.ts';
import { collectGarbage } from './garbage.ts';
import { LoadError } from './load-error.ts';
import { columnReader, parquetSchema, type Raw, spectrumType } from './parquet-columns.ts';

const isoDay = (days: number): string => new Date(days * 86_400_000).toISOString().slice(0, 10);

const timestamp = (micros: bigint): string => {
  const millis = micros / 1000n - (micros % 1000n < 0n ? 1n : 0n);
  const rest = String(micros - millis * 1000n).padStart(3, '0');
  return new Date(Number(millis)).toISOString().replace('T', ' ').replace('Z', rest);
};

function byteString(bytes: Uint8Array | undefined): string {
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') : '';
}

/** Dates and times become text at once: a JavaScript date has no microseconds. Texts are byte strings. */
const PARSERS: Partial<ParquetParsers> = {
  dateFromDays: isoDay,
  timestampFromMilliseconds: (millis) => timestamp(BigInt(millis) * 1000n),
  timestampFromMicroseconds: (micros) => timestamp(BigInt(micros)),
  timestampFromNanoseconds: (nanos) => timestamp(BigInt(nanos) / 1000n),
  jsonFromBytes: byteString,
  stringFromBytes: byteString,
};

const SPECTRUM_SCAN_ERROR = 15_001;

const spectrumError = (
  file: SourceFile,
  context: string,
  column = '',
  columnType = '',
  line = 0,
): LoadError =>
  new LoadError(`Spectrum Scan Error\n  Detail: File '${file.url}' ${context}`, {
    file: file.url,
    line,
    column,
    columnType,
    code: SPECTRUM_SCAN_ERROR,
    reason: context,
  });

const openFile = async (file: SourceFile): Promise<{ buffer: AsyncBuffer; metadata: FileMetaData }> => {
  const buffer: AsyncBuffer = {
    byteLength: file.bytes,
    slice: async (start, end = file.bytes) => {
      const from = start < 0 ? file.bytes + start : start;
      const bytes = await file.range(from, end);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
  try {
    return { buffer, metadata: await parquetMetadataAsync(buffer, { geoparquet: false }) };
  } catch (error) {
    throw spectrumError(file, `is not a Parquet file: ${(error as Error).message}`);
  }
};

/** The schema without decimals, which then arrive as the integers that they are stored as. */
const withoutDecimals = (metadata: FileMetaData): FileMetaData => ({
  ...metadata,
  schema: metadata.schema.map((element) => {
    if (element.converted_type !== 'DECIMAL' && element.logical_type?.type !== 'DECIMAL') return element;
    const { converted_type: _converted, logical_type: _logical, ...stored } = element;
    return stored;
  }),
});

const topLevel = ({ schema }: FileMetaData): SchemaElement[] => {
  const elements: SchemaElement[] = [];
  const width = (at: number): number => {
    let end = at + 1;
    for (let child = 0; child < (schema[at]!.num_children ?? 0); child++) end += width(end);
    return end - at;
  };
  for (let at = 1; at < schema.length; at += width(at)) elements.push(schema[at]!);
  return elements;
};

const NO_COLUMN = { line: 0, column: '', columnType: '', code: SPECTRUM_SCAN_ERROR };

const readers = (file: SourceFile, elements: SchemaElement[], { columns }: Target, command: CopyCommand) => {
  const isShort = elements.length < columns.length && command.fillRecord;
  if (elements.length !== columns.length && !isShort) {
    const reason = `Unmatched number of columns between table and file. Table columns: ${columns.length}, Data columns: ${elements.length}`;
    throw new LoadError(`Spectrum Scan Error\n  Detail: ${reason}, File name: ${file.url}`, {
      ...NO_COLUMN,
      file: file.url,
      reason,
    });
  }
  return columns.slice(0, elements.length).map((column, n) => {
    const reader = columnReader(elements[n]!, column, command);
    if (reader) return reader;
    const path = `${file.url.slice(0, file.url.lastIndexOf('/'))}.${column.name}`;
    const context = `has an incompatible Parquet schema for column '${path}'. Column type: ${spectrumType(column)}`;
    throw spectrumError(
      file,
      `${context}, Parquet schema:\n${parquetSchema(elements[n]!, n)}`,
      column.name,
      spectrumType(column),
    );
  });
};

/** The values of a column one after the other. They come in as many arrays as the column has pages. */
const valuesOf = (chunks: readonly ArrayLike<Raw>[]): { length: number; next: () => Raw } => {
  let [chunk, at] = [0, 0];
  return {
    length: chunks.reduce((sum, { length }) => sum + length, 0),
    next: () => {
      while (at >= chunks[chunk]!.length) [chunk, at] = [chunk + 1, 0];
      return chunks[chunk]![at++];
    },
  };
};

const ROWS_AT_ONCE = 1_000;

/**
 * The rows of a Parquet file as lines of COPY's text format, many at a time, with one row group in memory. Columns go by
 * position; with FILLRECORD those that the file doesn't have are null.
 */
export async function* parquetLines(
  file: SourceFile,
  target: Target,
  command: CopyCommand,
): AsyncGenerator<string> {
  const { buffer, metadata } = await openFile(file);
  const elements = topLevel(metadata);
  const columns = readers(file, elements, target, command);
  const filled = `${'\t\\N'.repeat(target.columns.length - columns.length)}\n`;
  const raw = withoutDecimals(metadata);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const chunks = new Map<string, ArrayLike<Raw>[]>(elements.map(({ name }) => [name, []]));
    await parquetRead({
      file: buffer,
      metadata: raw,
      rowStart,
      rowEnd,
      compressors,
      parsers: PARSERS,
      utf8: false,
      onChunk: ({ columnName, columnData }) =>
        void chunks.get(columnName)!.push(columnData as ArrayLike<Raw>),
    });
    const values = elements.map(({ name }) => valuesOf(chunks.get(name)!));
    if (values.some(({ length }) => length !== rowEnd - rowStart))
      throw spectrumError(file, `has a row group of ${rowEnd - rowStart} rows whose columns have others`);
    let lines = '';
    for (let row = 0; row < rowEnd - rowStart; row++) {
      for (let n = 0; n < columns.length; n++) {
        const value = columns[n]!.encode(values[n]!.next());
        if (typeof value !== 'string') {
          const { name, type } = target.columns[n]!;
          throw spectrumError(file, value.reason, name, type, rowStart + row + 1);
        }
        lines += n === 0 ? value : `\t${value}`;
      }
      lines += filled;
      if ((row + 1) % ROWS_AT_ONCE > 0) continue;
      yield lines;
      lines = '';
    }
    if (lines) yield lines;
    rowStart = rowEnd;
    collectGarbage();
  }
}
