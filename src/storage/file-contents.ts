import { EtlError } from '../domain/failure.ts';
import { inParallel } from '../domain/parallel.ts';
import type { FileColumn, FileContents, FileFormat, ObjectStore, StoredFile } from '../ports.ts';
import { parquetColumns } from './parquet-columns.ts';
import { parquetFooter } from './parquet-footer.ts';

const FILES_AT_ONCE = 8;

const words = (columns: readonly FileColumn[]): string =>
  columns.map(({ name, type }) => `${name} ${type}`).join(', ');

/**
 * Rows and columns of data files, as far as they can be known without reading them through: of Parquet.
 *
 * @param mayBeShort whether files may lack the last columns that others have
 */
export async function fileContents(
  store: ObjectStore,
  files: readonly StoredFile[],
  format: FileFormat,
  mayBeShort = false,
): Promise<FileContents> {
  if (format !== 'parquet') return {};
  let rows = 0;
  let longest: { columns: FileColumn[]; path: string } | undefined;
  await inParallel(files, FILES_AT_ONCE, async (file) => {
    const { num_rows, schema } = await parquetFooter(store, file);
    rows += Number(num_rows);
    const columns = parquetColumns(schema);
    longest ??= { columns, path: file.path };
    const common = mayBeShort ? Math.min(columns.length, longest.columns.length) : undefined;
    const [ours, others] = [columns, longest.columns].map((all) => words(all.slice(0, common)));
    if (ours !== others)
      throw new EtlError(
        'PublishFailed',
        `${file.path} has the columns ${words(columns)}, and ${longest.path} has ${words(longest.columns)}: ` +
          'files that are loaded together need the same columns',
      );
    if (columns.length > longest.columns.length) longest = { columns, path: file.path };
  });
  return longest ? { rows, columns: longest.columns } : { rows };
}
