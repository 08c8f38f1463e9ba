import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** S3 as jobs reach it; local paths are taken as well. */
export class Files {
  readonly #client: S3Client;

  constructor(config: S3ClientConfig) {
    const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
    this.#client = new S3Client({ forcePathStyle: true, region, ...config });
  }

  async read(url: string): Promise<Uint8Array> {
    const place = parse(url);
    if (!place) return readFile(url.startsWith('file:') ? fileURLToPath(url) : url);
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: place.bucket, Key: place.key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  }

  async write(url: string, body: Uint8Array | string): Promise<void> {
    const { bucket, key } = inS3(url);
    await this.#client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  }

  /** What is below a folder, or the one file, or what a glob matches; hidden files are left out, as Spark does. */
  async list(url: string): Promise<string[]> {
    const { bucket, key } = inS3(url);
    const fixed = /^[^*?{[]*/.exec(key)?.[0] ?? '';
    const matches = new RegExp(`^${key.split('*').map(escaped).join('[^/]*')}(?:$|(?<=/)|/)`);
    const found: string[] = [];
    let token: string | undefined;
    do {
      const request = { Bucket: bucket, Prefix: fixed, ContinuationToken: token };
      const listed = await this.#client.send(new ListObjectsV2Command(request));
      found.push(...(listed.Contents ?? []).map(({ Key = '' }) => Key));
      token = listed.NextContinuationToken;
    } while (token !== undefined);
    const visible = (each: string) =>
      each
        .slice(fixed.length)
        .split('/')
        .every((name) => !/^[_.]/.test(name));
    return found
      .filter((each) => !each.endsWith('/') && matches.test(each) && visible(each))
      .map((each) => `s3://${bucket}/${each}`);
  }

  async delete(url: string): Promise<void> {
    const { bucket, key } = inS3(url);
    await this.#client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  }

  close(): void {
    this.#client.destroy();
  }
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.|+()[\]{}?]/g, '\\$&');

function parse(url: string): { bucket: string; key: string } | undefined {
  const [, bucket, key = ''] = /^s3[an]?:\/\/([^/]+)\/?(.*)$/s.exec(url) ?? [];
  return bucket === undefined ? undefined : { bucket, key };
}

function inS3(url: string): { bucket: string; key: string } {
  const place = parse(url);
  if (!place) throw new Error(`${url} is not in S3`);
  return place;
}
