import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { EtlError } from '../domain/failure.ts';
import { folderOf, isFolder, isGlob, literalPrefix, pathMatcher } from '../domain/file-path.ts';
import type { ObjectStore, StoredFile } from '../ports.ts';

/** Files on the local disk, by absolute path or `file://` URL. */
export function createFolderStore(): ObjectStore {
  return {
    async list(path) {
      const local = localPath(path);
      return attempt(`list ${path}`, async () => {
        if (!isFolder(local) && !isGlob(local)) return fileAt(local);
        const matches = pathMatcher(local);
        const files = [];
        for await (const file of walk(folderOf(literalPrefix(local)))) {
          if (matches(file)) files.push(...(await fileAt(file)));
        }
        return files.sort((a, b) => (a.path < b.path ? -1 : 1));
      });
    },

    async read(path, range) {
      return attempt(`read ${path}`, async () => {
        if (range === undefined) return readFile(localPath(path));
        const file = await open(localPath(path));
        try {
          const buffer = Buffer.alloc(range.end - range.start);
          const { bytesRead } = await file.read(buffer, 0, buffer.length, range.start);
          return buffer.subarray(0, bytesRead);
        } finally {
          await file.close();
        }
      });
    },

    async readStream(path) {
      const file = await attempt(`read ${path}`, () => open(localPath(path)));
      return createReadStream('', { fd: file });
    },

    async write(path, content) {
      return attempt(`write ${path}`, async () => {
        await draft(localPath(path), content, rename);
        return { bytes: Buffer.byteLength(content) };
      });
    },

    async create(path, content) {
      return attempt(`create ${path}`, async () => {
        try {
          await draft(localPath(path), content, link);
          return true;
        } catch (error) {
          if (codeOf(error) === 'EEXIST') return false;
          throw error;
        }
      });
    },

    async move(from, to) {
      return attempt(`move ${from} to ${to}`, async () => {
        try {
          await rename(localPath(from), localPath(to));
          return true;
        } catch (error) {
          if (codeOf(error) === 'ENOENT') return false;
          throw error;
        }
      });
    },

    async delete(path) {
      await attempt(`delete ${path}`, () => rm(localPath(path), { force: true }));
    },
  };
}

/** Writes a hidden file beside the one that is meant, whole, and has it put in place. */
async function draft(
  local: string,
  content: string | Uint8Array,
  place: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const hidden = join(dirname(local), `.${basename(local)}.${randomUUID()}.tmp`);
  await mkdir(dirname(local), { recursive: true });
  try {
    const file = await open(hidden, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(hidden, local);
  } finally {
    await rm(hidden, { force: true });
  }
}

function localPath(path: string): string {
  const local = path.startsWith('file://') ? fileURLToPath(path) : path;
  return resolve(local) + (isFolder(local) && local !== '/' ? '/' : '');
}

async function fileAt(path: string): Promise<StoredFile[]> {
  try {
    const info = await stat(path, { bigint: true });
    if (info.isDirectory()) throw new EtlError('Rejected', `${path} is a folder; end its path in a slash`);
    return [{ path, bytes: Number(info.size), etag: `${info.ino}-${info.mtimeNs}-${info.size}` }];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function* walk(folder: string): AsyncIterable<string> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else yield path;
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');

/** A full disk or a busy file may pass; a missing file or a forbidden one doesn't. */
const PASSING = ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EBUSY', 'EIO', 'EAGAIN', 'ESTALE'];

async function attempt<T>(doing: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof EtlError) throw error;
    const type = PASSING.includes(codeOf(error) ?? '') ? 'Unavailable' : 'Rejected';
    throw new EtlError(type, `cannot ${doing}: ${(error as Error).message}`, { cause: error });
  }
}
