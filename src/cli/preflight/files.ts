import { EtlError } from '../../domain/failure.ts';
import type { Finding } from '../../domain/preflight.ts';
import type { FileContents, FileFormat, FileSet, ObjectStore, StoredFile } from '../../ports.ts';
import { fileContents } from '../../storage/file-contents.ts';

/** What a job wrote before, by which its next files are judged. */
export interface EarlierFiles {
  files: StoredFile[];
  contents: FileContents;
}

/** The files of the first of these places that has any. */
export async function earlierFiles(
  store: ObjectStore,
  places: readonly (FileSet | undefined)[],
  mayBeShort: boolean,
): Promise<EarlierFiles | undefined> {
  for (const place of places) {
    if (place === undefined) continue;
    const files = await listed(store, place.path);
    if (files.length > 0)
      return { files, contents: await contentsOf(store, files, place.format, mayBeShort) };
  }
  return undefined;
}

/** A bucket that isn't there, or not for us, has none; whether COPY may read it is another question. */
async function listed(store: ObjectStore, path: string): Promise<StoredFile[]> {
  try {
    return await store.list(path);
  } catch (error) {
    if (error instanceof EtlError && error.type === 'Rejected') return [];
    throw error;
  }
}

async function contentsOf(
  store: ObjectStore,
  files: StoredFile[],
  format: FileFormat,
  mayBeShort: boolean,
): Promise<FileContents> {
  try {
    return await fileContents(store, files, format, mayBeShort);
  } catch (error) {
    // Files of old that nobody can read any more say nothing of the next ones.
    if (error instanceof EtlError && error.type === 'PublishFailed') return {};
    throw error;
  }
}

const MB = 2 ** 20;
/**
 * From this size on COPY splits what it can.
 *
 * @see https://docs.aws.amazon.com/redshift/latest/dg/t_splitting-data-files.html
 */
const SPLIT_BYTES = 128 * MB;
const PACKED = /\.(gz|lzo|zst)$/;

/** What slows a load down: files that can't be split, and fewer of them than there are slices. */
export function fileWarnings(
  step: string,
  { files }: EarlierFiles,
  { format, packed, slices }: { format: FileFormat; packed: boolean; slices: number | undefined },
): Finding[] {
  const warning = (message: string): Finding => ({
    step,
    level: 'warning',
    code: 'files',
    type: 'PublishFailed',
    message,
  });
  const isWhole = ({ path }: StoredFile) =>
    format === 'json' || (format === 'csv' && (packed || PACKED.test(path)));
  const large = files.filter((file) => isWhole(file) && file.bytes > SPLIT_BYTES);
  const [first] = large;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const tooFew =
    slices !== undefined &&
    files.length < slices &&
    bytes > slices * MB &&
    files.every((file) => isWhole(file) || file.bytes < SPLIT_BYTES);
  return [
    ...(first
      ? [
          warning(
            `${large.length === 1 ? '' : `${large.length} files like `}${first.path} (${Math.round(first.bytes / MB)} MB) ` +
              `can't be split, so that one slice loads each; write Parquet, or files of up to ${SPLIT_BYTES / MB} MB`,
          ),
        ]
      : []),
    ...(tooFew
      ? [
          warning(
            `the job wrote ${files.length} ${files.length === 1 ? 'file' : 'files'} for ${slices} slices, so that some have nothing to load; write ${slices} files, or a multiple of that`,
          ),
        ]
      : []),
  ];
}
