import { GetObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { readFile } from 'node:fs/promises';
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

  async write(location: string, content: Buffer): Promise<void> {
    await this.#s3.send(new PutObjectCommand({ ...target(location), Body: content }));
  }

  close(): void {
    this.#s3.destroy();
  }
}

function target(location: string): { Bucket: string; Key: string } {
  const { hostname, pathname } = new URL(location);
  return { Bucket: hostname, Key: decodeURIComponent(pathname.slice(1)) };
}
