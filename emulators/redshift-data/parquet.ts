import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  type ParquetParsers,
  parquetRead,
  type SchemaElement,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { SourceFile } from './copy-source.ts';
import type { Target } from './copy-target.ts';
import { LoadError } from './load-error.ts';
import { columnReader, parquetSchema, type Raw, spectrumType } from './parquet-columns.ts';

const isoDay = (days: number): string => new Date(days * 86_400_000).toISOString().slice(0, 10);

const timestamp = (micros: bigint): string => {
  const millis = micros / 1000n - (micros % 1000n < 0n ? 1n : 0n);
  const rest = String(micros - millis * 1000n).padStart(3, '0');
  return new Date(Number(millis)).toISOString().replace('T', ' ').replace('Z', rest);
};

/** Dates and times become text at once: a JavaScript date has no microseconds. */
const PARSERS: Partial<ParquetParsers> = {
  dateFromDays: isoDay,
  timestampFromMilliseconds: (millis) => timestamp(BigInt(millis) * 1000n),
  timestampFromMicroseconds: (micros) => timestamp(BigInt(micros)),
  timestampFromNanoseconds: (nanos) => timestamp(BigInt(nanos) / 1000n),
  jsonFromBytes: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
};

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

const readers = (file: SourceFile, elements: SchemaElement[], { columns }: Target) => {
  if (elements.length !== columns.length) {
    const counts = `Table columns: ${columns.length}, Data columns: ${elements.length}`;
    throw new LoadError(
      `Spectrum Scan Error\n  Detail: Unmatched number of columns between table and file. ${counts}, File name: ${file.url}`,
      { file: file.url, line: 0, column: '', columnType: '' },
    );
  }
  return columns.map((column, n) => {
    const reader = columnReader(elements[n]!, column);
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

/** The rows of a Parquet file as lines of COPY's text format, one row group in memory at a time. Columns go by position. */
export async function* parquetLines(file: SourceFile, target: Target): AsyncGenerator<string> {
  const { buffer, metadata } = await openFile(file);
  const elements = topLevel(metadata);
  const columns = readers(file, elements, target);
  const raw = withoutDecimals(metadata);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const data = new Map<string, ArrayLike<Raw>>();
    await parquetRead({
      file: buffer,
      metadata: raw,
      rowStart,
      rowEnd,
      compressors,
      parsers: PARSERS,
      utf8: false,
      onChunk: ({ columnName, columnData }) => void data.set(columnName, columnData as ArrayLike<Raw>),
    });
    const values = elements.map(({ name }) => data.get(name)!);
    for (let row = 0; row < rowEnd - rowStart; row++) {
      let line = '';
      for (let n = 0; n < columns.length; n++) {
        const value = columns[n]!.encode(values[n]![row]);
        if (typeof value !== 'string') {
          const { name, type } = target.columns[n]!;
          const lengths = `Table: ${value.allowed}, Data: ${value.tooLong}`;
          throw spectrumError(
            file,
            `Value too long for character type: the length of the data column ${name} is longer than the length defined in the table. ${lengths}`,
            name,
            type,
            rowStart + row + 1,
          );
        }
        line += n === 0 ? value : `\t${value}`;
      }
      yield `${line}\n`;
    }
    rowStart = rowEnd;
  }
}
