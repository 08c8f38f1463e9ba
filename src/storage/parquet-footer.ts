import { parquetMetadataAsync, type FileMetaData } from 'hyparquet';
import { EtlError } from '../domain/failure.ts';
import type { ObjectStore, StoredFile } from '../ports.ts';

/** What the end of a Parquet file says of it. `Rejected` for a file that is none. */
export async function parquetFooter(store: ObjectStore, { path, bytes }: StoredFile): Promise<FileMetaData> {
  const slice = async (start: number, end = bytes) => {
    const part = await store.read(path, { start, end });
    return part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength) as ArrayBuffer;
  };
  try {
    return await parquetMetadataAsync({ byteLength: bytes, slice });
  } catch (error) {
    if (error instanceof EtlError) throw error;
    throw new EtlError('Rejected', `${path} is not a Parquet file: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
