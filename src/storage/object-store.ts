import type { S3ClientConfig } from '@aws-sdk/client-s3';

import { EtlError } from '../domain/failure.ts';
import { isS3Path } from '../domain/file-path.ts';
import type { ObjectStore } from '../ports.ts';
import { createFolderStore } from './folder.ts';
import { createS3Store } from './s3.ts';

/** The one store of a worker: `s3://` paths go to S3, everything else to the local disk. */
export function createObjectStore({ s3 = {} }: { s3?: S3ClientConfig }): ObjectStore {
  const bucketStore = createS3Store(s3);
  const folderStore = createFolderStore();
  const at = (path: string) => {
    if (isS3Path(path)) return bucketStore;
    if (/^(?!file:)\w+:\/\//.test(path)) {
      throw new EtlError('Rejected', `cannot open ${path}; paths are s3://bucket/key or local ones`);
    }
    return folderStore;
  };
  return {
    list: async (path) => at(path).list(path),
    read: async (path, range) => at(path).read(path, range),
    readStream: async (path) => at(path).readStream(path),
    write: async (path, content) => at(path).write(path, content),
    create: async (path, content) => at(path).create(path, content),
    move: async (from, to) => at(from).move(from, to),
    delete: async (path) => at(path).delete(path),
  };
}
