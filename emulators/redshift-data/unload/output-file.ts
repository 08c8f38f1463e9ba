import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { once } from 'node:events';
import { PassThrough, pipeline, Transform } from 'node:stream';
import { createGzip } from 'node:zlib';
import { s3Error, type S3Place } from '../s3.ts';

const PART_BYTES = 5 * 1024 * 1024;

/** An object of S3 that is written piece by piece, of which 5 MB are in memory at a time. */
export class OutputFile {
  readonly url: string;
  /** As written, after compression. */
  bytes = 0;
  readonly #body = new PassThrough();
  readonly #upload: Upload;
  readonly #done: Promise<unknown>;

  constructor(s3: S3Client, { bucket, key }: S3Place, { gzip }: { gzip: boolean }) {
    this.url = `s3://${bucket}/${key}`;
    const counter = new Transform({
      transform: (chunk: Buffer, _, done) => {
        this.bytes += chunk.length;
        done(null, chunk);
      },
    });
    // What goes wrong with the streams, the upload says.
    if (gzip) pipeline(this.#body, createGzip(), counter, () => {});
    else pipeline(this.#body, counter, () => {});
    this.#upload = new Upload({
      client: s3,
      params: { Bucket: bucket, Key: key, Body: counter },
      queueSize: 1,
      partSize: PART_BYTES,
    });
    this.#done = this.#upload.done().catch((error: unknown) => {
      throw s3Error(error, this.url);
    });
    this.#done.catch(() => {});
  }

  /** Resolves when there is room for more. */
  async write(chunk: string | Uint8Array): Promise<void> {
    if (!this.#body.write(chunk)) await Promise.race([once(this.#body, 'drain'), this.#done]);
  }

  async close(): Promise<void> {
    this.#body.end();
    await this.#done;
  }

  /** Leaves nothing behind of a file that isn't closed. */
  async abort(): Promise<void> {
    await this.#upload.abort();
    this.#body.destroy();
    await this.#done.catch(() => {});
  }
}
