import { DeleteObjectsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const isS3 = (path: string): boolean => /^s3[an]?:\/\//.test(path);

/** As DuckDB names it. */
export const plain = (path: string): string => path.replace(/^s3[an]:/, 's3:').replace(/^file:(\/\/)?/, '');

/** Where the files of an output go, emptied: that is what OVERWRITE means. */
export async function emptied(path: string): Promise<string> {
  const folder = `${plain(path).replace(/\/+$/, '')}/`;
  if (!isS3(folder)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return join(folder, '/');
  }
  const { hostname: Bucket, pathname } = new URL(folder);
  const isLocal = (process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']) !== undefined;
  const s3 = new S3Client({ forcePathStyle: isLocal });
  for (let token: string | undefined; ;) {
    const Prefix = decodeURIComponent(pathname.slice(1));
    const { Contents = [], NextContinuationToken } = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token }),
    );
    const Objects = Contents.map(({ Key }) => ({ Key }));
    if (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    if ((token = NextContinuationToken) === undefined) break;
  }
  s3.destroy();
  return folder;
}
