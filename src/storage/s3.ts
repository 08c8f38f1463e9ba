import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCopyCommand,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';

import { EtlError } from '../domain/failure.ts';
import { isFolder, isGlob, literalPrefix, parseS3Path, pathMatcher } from '../domain/file-path.ts';
import type { ObjectStore, StoredFile } from '../ports.ts';
import { fromAwsError } from '../aws-error.ts';

const GIB = 1024 ** 3;

/**
 * Files in S3, by `s3://bucket/key`. Temporal is the only retrier, so the client tries once.
 *
 * @param config for a server that isn't AWS: `endpoint`, and `forcePathStyle` where it has no wildcard DNS
 * @param limits `maxCopyBytes`: what one CopyObject takes; a larger file is copied in parts
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
export function createS3Store(config: S3ClientConfig, { maxCopyBytes = 5 * GIB } = {}): ObjectStore {
  const client = new S3Client({
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
    ...config,
    maxAttempts: 1,
  });

  async function* listPrefix(bucket: string, prefix: string, pageSize: number): AsyncIterable<StoredFile> {
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          MaxKeys: pageSize,
          ContinuationToken: token,
        }),
      );
      for (const { Key = '', Size = 0, ETag = '' } of page.Contents ?? []) {
        yield { path: `s3://${bucket}/${Key}`, bytes: Size, etag: ETag.replaceAll('"', '') };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async function fileAt(path: string): Promise<StoredFile | undefined> {
    const { bucket, key } = locate(path);
    // Not HeadObject, whose errors have no words. A key sorts before all others that begin with it.
    for await (const file of listPrefix(bucket, key, 1)) return file.path === path ? file : undefined;
    return undefined;
  }

  async function copyInParts(from: StoredFile, target: { Bucket: string; Key: string }): Promise<void> {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
    try {
      const parts = [];
      for (let start = 0, number = 1; start < from.bytes; start += maxCopyBytes, number += 1) {
        const end = Math.min(start + maxCopyBytes, from.bytes) - 1;
        const range = { CopySource: copySource(from.path), CopySourceRange: `bytes=${start}-${end}` };
        const part = await client.send(
          new UploadPartCopyCommand({ ...target, ...range, UploadId, PartNumber: number }),
        );
        parts.push({ PartNumber: number, ETag: part.CopyPartResult?.ETag });
      }
      await client.send(
        new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: parts } }),
      );
    } catch (error) {
      await client.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
      throw error;
    }
  }

  async function get(path: string, range?: { start: number; end: number }) {
    const { bucket, key } = locate(path);
    const Range = range && `bytes=${range.start}-${range.end - 1}`;
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range }));
    if (Body === undefined) throw new EtlError('Unexpected', `S3 answered without a body for ${path}`);
    return Body;
  }

  return {
    async list(path) {
      return attempt(`list ${path}`, async () => {
        if (!isFolder(path) && !isGlob(path)) return [(await fileAt(path)) ?? []].flat();
        const { bucket } = locate(path);
        const matches = pathMatcher(path);
        const files = [];
        for await (const file of listPrefix(bucket, locate(literalPrefix(path)).key, 1_000)) {
          if (matches(file.path)) files.push(file);
        }
        return files.sort((a, b) => (a.path < b.path ? -1 : 1));
      });
    },

    async read(path, range) {
      return attempt(`read ${path}`, async () => (await get(path, range)).transformToByteArray());
    },

    async readStream(path) {
      return attempt(`read ${path}`, async () => (await get(path)) as unknown as AsyncIterable<Uint8Array>);
    },

    async write(path, content) {
      const { bucket, key } = locate(path);
      await attempt(`write ${path}`, () =>
        client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(content) })),
      );
      return { bytes: Buffer.byteLength(content) };
    },

    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    async create(path, content) {
      const { bucket: Bucket, key: Key } = locate(path);
      const request = { Bucket, Key, Body: Buffer.from(content), IfNoneMatch: '*' };
      return attempt(`create ${path}`, async () => {
        try {
          await client.send(new PutObjectCommand(request));
          return true;
        } catch (error) {
          if ((error as Error).name === 'PreconditionFailed') return false;
          throw error;
        }
      });
    },

    async move(from, to) {
      const { bucket, key } = locate(to);
      return attempt(`move ${from} to ${to}`, async () => {
        const source = await fileAt(from);
        if (source === undefined) return false;
        const target = { Bucket: bucket, Key: key };
        if (source.bytes > maxCopyBytes) await copyInParts(source, target);
        else await client.send(new CopyObjectCommand({ ...target, CopySource: copySource(from) }));
        await client.send(new DeleteObjectCommand({ Bucket: locate(from).bucket, Key: locate(from).key }));
        return true;
      });
    },

    async delete(path) {
      const { bucket, key } = locate(path);
      await attempt(`delete ${path}`, () =>
        client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })),
      );
    },
  };
}

function locate(path: string): { bucket: string; key: string } {
  const found = parseS3Path(path);
  if (found === undefined || isGlob(found.bucket)) {
    throw new EtlError('Rejected', `${path} names no bucket; write s3://bucket/key`);
  }
  return found;
}

function copySource(path: string): string {
  const { bucket, key } = locate(path);
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

async function attempt<T>(doing: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw fromAwsError(error, doing);
  }
}
