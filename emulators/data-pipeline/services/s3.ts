import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Takes `s3://bucket/key` apart; throws for anything else. */
export function parseUrl(url: string): { Bucket: string; Key: string } {
  const { Bucket, Key } = /^s3:\/\/(?<Bucket>[^/]+)\/?(?<Key>.*)$/.exec(url)?.groups ?? {};
  if (Bucket === undefined || Key === undefined)
    throw new Error(`${url} is no S3 URI; write s3://bucket/key`);
  return { Bucket, Key };
}

/** A folder's URL with its slash. */
export const asFolder = (url: string): string => (url.endsWith('/') ? url : `${url}/`);

/** S3 by URL, as far as activities and preconditions need it. */
export function createS3(config: S3ClientConfig) {
  const client = new S3Client({ forcePathStyle: true, ...config });

  const s3 = {
    async exists(url: string): Promise<boolean> {
      try {
        await client.send(new HeadObjectCommand(parseUrl(url)));
        return true;
      } catch (error) {
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
        throw error;
      }
    },

    /** The URLs that begin with `prefix`; without `most`, all of them. */
    async list(prefix: string, most = Infinity): Promise<string[]> {
      const { Bucket, Key } = parseUrl(prefix);
      const urls: string[] = [];
      for (let ContinuationToken: string | undefined; ;) {
        const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: Key, ContinuationToken }));
        urls.push(...(page.Contents ?? []).map((object) => `s3://${Bucket}/${object.Key}`));
        ContinuationToken = page.NextContinuationToken;
        if (ContinuationToken === undefined || urls.length >= most) return urls;
      }
    },

    async text(url: string): Promise<string> {
      const { Body } = await client.send(new GetObjectCommand(parseUrl(url)));
      return (await Body?.transformToString()) ?? '';
    },

    async put(url: string, body: string | Uint8Array): Promise<void> {
      // The client takes an empty text for a body that isn't there.
      await client.send(new PutObjectCommand({ ...parseUrl(url), Body: Buffer.from(body) }));
    },

    async copy(from: string, to: string): Promise<void> {
      const { Bucket, Key } = parseUrl(from);
      const CopySource = `${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}`;
      await client.send(new CopyObjectCommand({ ...parseUrl(to), CopySource }));
    },

    async download(url: string, file: string): Promise<void> {
      const { Body } = await client.send(new GetObjectCommand(parseUrl(url)));
      await mkdir(path.dirname(file), { recursive: true });
      await pipeline(Body as Readable, createWriteStream(file));
    },

    async upload(file: string, url: string): Promise<void> {
      const { size } = await stat(file);
      const Body = size === 0 ? Buffer.alloc(0) : createReadStream(file);
      await client.send(new PutObjectCommand({ ...parseUrl(url), Body, ContentLength: size }));
    },

    async downloadFolder(url: string, folder: string): Promise<void> {
      const from = asFolder(url);
      for (const object of await s3.list(from)) {
        const name = object.slice(from.length);
        if (name !== '' && !name.endsWith('/')) await s3.download(object, path.join(folder, name));
      }
    },

    async uploadFolder(folder: string, url: string): Promise<void> {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      for (const entry of entries.filter((found) => found.isFile())) {
        const file = path.join(entry.parentPath, entry.name);
        await s3.upload(file, asFolder(url) + path.relative(folder, file).split(path.sep).join('/'));
      }
    },

    close: (): void => client.destroy(),
  };
  return s3;
}

export type S3 = ReturnType<typeof createS3>;
