import { EtlError } from '../domain/failure.ts';
import type { FileColumn, FileContents, FileFormat, ObjectStore, StoredFile } from '../ports.ts';
import { parquetColumns } from './parquet-columns.ts';
import { parquetFooter } from './parquet-footer.ts';

const FILES_AT_ONCE = 8;

const words = (columns: readonly FileColumn[]): string =>
  columns.map(({ name, type }) => `${name} ${type}`).join(', ');

/** Rows and columns of data files, as far as they can be known without reading them through: of Parquet. */
export async function fileContents(
  store: ObjectStore,
  files: readonly StoredFile[],
  format: FileFormat,
): Promise<FileContents> {
  if (format !== 'parquet') return {};
  let rows = 0;
  let first: { columns: FileColumn[]; path: string } | undefined;
  const left = files.values();
  const read = async () => {
    for (const file of left) {
      const { num_rows, schema } = await parquetFooter(store, file);
      rows += Number(num_rows);
      const columns = parquetColumns(schema);
      first ??= { columns, path: file.path };
      if (words(columns) === words(first.columns)) continue;
      throw new EtlError(
        'PublishFailed',
        `${file.path} has the columns ${words(columns)}, and ${first.path} has ${words(first.columns)}: ` +
          'files that are loaded together need the same columns',
      );
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, read));
  return first ? { rows, columns: first.columns } : { rows };
}
