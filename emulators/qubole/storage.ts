import {
  GetObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { CommandFailure } from './error.ts';

/** The S3 of the account: scripts come from there, and large results go there. */
export class Storage {
  readonly #s3: S3Client;

  constructor(config: S3ClientConfig) {
    const isLocal = (process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']) !== undefined;
    this.#s3 = new S3Client({ forcePathStyle: isLocal, ...config });
  }

  /** A file at an `s3://` URL or a local path. */
  async read(location: string): Promise<string> {
    try {
      if (!/^s3[an]?:/.test(location)) return await readFile(location, 'utf8');
      const { Body } = await this.#s3.send(new GetObjectCommand(target(location)));
      return (await Body?.transformToString()) ?? '';
    } catch (error) {
      throw new CommandFailure(
        `can't read ${location}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** The files below a folder, without hidden ones, in the order of their names. */
  async files(folder: string): Promise<string[]> {
    const found: string[] = [];
    if (/^s3[an]?:/.test(folder)) {
      const { Bucket, Key } = target(folder);
      const Prefix = Key.replace(/\/*$/, '/');
      for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#s3 }, { Bucket, Prefix }))
        found.push(...Contents.map(({ Key = '' }) => `s3://${Bucket}/${Key}`));
    } else {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      for (const entry of entries) if (entry.isFile()) found.push(join(entry.parentPath, entry.name));
    }
    return found.filter((path) => !/\/(?:[._][^/]*)?$/.test(path)).toSorted();
  }

  /** The bytes of a file that `files` has listed. */
  async open(location: string): Promise<Readable> {
    if (!location.startsWith('s3:')) return createReadStream(location);
    const { Body } = await this.#s3.send(new GetObjectCommand(target(location)));
    return Body as Readable;
  }

  async write(location: string, content: Buffer): Promise<void> {
    await this.#s3.send(new PutObjectCommand({ ...target(location), Body: content }));
  }

  close(): void {
    this.#s3.destroy();
  }
}

function target(location: string): { Bucket: string; Key: string } {
  const [, Bucket = '', Key = ''] = /^s3[an]?:\/\/([^/]+)\/?(.*)$/s.exec(location) ?? [];
  return { Bucket, Key };
}
