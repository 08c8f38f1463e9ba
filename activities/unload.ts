import { EtlError } from '../src/domain/failure.ts';
import { inParallel } from '../src/domain/parallel.ts';
import type { ObjectStore, Once, OncePlan, StoredFile, UnloadRequest } from '../src/ports.ts';
import type { Deps } from './deps.ts';
import { connection } from './waiting.ts';

/** What an unload wrote, and how many files of partitions went that it no longer has. */
export interface Unloaded {
  rows: number;
  files: number;
  bytes: number;
  removed?: number;
  warnings?: string[];
}

const DELETED_AT_ONCE = 16;

/** What unloading needs beside running its statement. */
export function createUnloadActivities({ warehouses, files }: Pick<Deps, 'warehouses' | 'files'>) {
  return {
    /** Makes the SQL that unloads once, and notes what is in the folder before. */
    async prepareUnload(request: {
      warehouse: string;
      unload: UnloadRequest;
      once: Once;
    }): Promise<OncePlan> {
      const { unload, once } = request;
      const warehouse = connection('warehouse', warehouses, request.warehouse);
      const statement = warehouse.unload(unload);
      if (leavesPartitions(unload)) {
        const before = JSON.stringify(await partitionFiles(files, unload));
        // An attempt that comes later would find what the first one wrote, too.
        await files.create(notedAt(unload.to, once.key), before);
      }
      return warehouse.oncePlan({ statements: [statement] }, once);
    },

    /** What an unload wrote, by its manifest. Partitions that were there before and that it no longer has go now. */
    async readUnload({ unload, key }: { unload: UnloadRequest; key: string }): Promise<Unloaded> {
      const manifest = `${unload.to}manifest`;
      const { urls, ...written } = unloaded(await files.read(manifest), manifest);
      return { ...written, ...(leavesPartitions(unload) && (await sweep(files, unload, key, urls))) };
    },
  };
}

/** CLEANPATH empties only the folders that get new files. https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html */
const leavesPartitions = ({ existing, partitionBy = [] }: UnloadRequest): boolean =>
  existing === 'replace' && partitionBy.length > 0;

/** The files in folders like those of this unload; whatever else is in its folder is none of its business. */
async function partitionFiles(
  files: ObjectStore,
  { to, partitionBy = [] }: UnloadRequest,
): Promise<StoredFile[]> {
  const isPartition = (path: string) => {
    const folders = path.slice(to.length).split('/').slice(0, -1);
    const begins = (folder: string, column = '') =>
      folder.toLowerCase().startsWith(`${column.toLowerCase()}=`);
    return (
      folders.length === partitionBy.length && folders.every((folder, at) => begins(folder, partitionBy[at]))
    );
  };
  return (await files.list(to)).filter(({ path }) => path.startsWith(to) && isPartition(path));
}

/** Beside the data, in a folder that readers of the bucket leave out. */
const notedAt = (to: string, key: string): string =>
  `${/^s3:\/\/[^/]+/.exec(to)?.[0] ?? ''}/_millrace/unloads/${key}.json`;

/**
 * Removes the files of partitions that the unload no longer has. Only what was there before it began, and is still the
 * same, goes: another run may be writing to the folder by now.
 */
async function sweep(
  files: ObjectStore,
  unload: UnloadRequest,
  key: string,
  urls: ReadonlySet<string>,
): Promise<Pick<Unloaded, 'removed' | 'warnings'>> {
  const now = new Map((await partitionFiles(files, unload)).map(({ path, etag }) => [path, etag]));
  const lost = [...urls].find((url) => !now.has(url));
  if (lost !== undefined)
    return {
      warnings: [`the manifest names ${lost}, which is not there: no partition of before was removed`],
    };
  const noted = new TextDecoder().decode(await files.read(notedAt(unload.to, key)));
  const stale = (JSON.parse(noted) as StoredFile[]).filter(
    ({ path, etag }) => !urls.has(path) && now.get(path) === etag,
  );
  await inParallel(stale, DELETED_AT_ONCE, ({ path }) => files.delete(path));
  return { removed: stale.length };
}

/** UNLOAD's verbose manifest. https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html */
function unloaded(manifest: Uint8Array, path: string) {
  const { entries, meta } = JSON.parse(new TextDecoder().decode(manifest)) as {
    entries?: { url: string }[];
    meta?: { content_length?: number; record_count?: number };
  };
  if (entries === undefined || meta?.record_count === undefined)
    throw new EtlError('Unexpected', `${path} has neither entries nor a record count`);
  const urls = new Set(entries.map(({ url }) => url));
  return { rows: meta.record_count, files: entries.length, bytes: meta.content_length ?? 0, urls };
}
