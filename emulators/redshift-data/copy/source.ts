import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { RedshiftError } from '../error.ts';
import { parseS3Url, s3Error } from '../s3.ts';
import type { CopyCommand } from './command.ts';

/** A file of a COPY, as it was when COPY looked: a file that changes while it is read is an error. */
export interface SourceFile {
  url: string;
  bytes: number;
  range(start: number, end: number): Promise<Uint8Array>;
  stream(): Promise<Readable>;
}

/** https://docs.aws.amazon.com/redshift/latest/dg/loading-data-files-using-manifest.html */
const Manifest = z.object({
  entries: z
    .array(
      z.object({
        url: z.string(),
        mandatory: z.boolean().optional(),
        meta: z.object({ content_length: z.int() }).optional(),
      }),
    )
    .min(1),
});

const sourceFile = (s3: S3Client, Bucket: string, Key: string, bytes: number, etag?: string): SourceFile => {
  const get = (Range?: string) =>
    s3.send(new GetObjectCommand({ Bucket, Key, ...(Range && { Range }), ...(etag && { IfMatch: etag }) }));
  return {
    url: `s3://${Bucket}/${Key}`,
    bytes,
    range: async (start, end) => (await get(`bytes=${start}-${end - 1}`)).Body!.transformToByteArray(),
    stream: async () => (await get()).Body as Readable,
  };
};

const filesUnder = async (s3: S3Client, bucket: string, prefix: string): Promise<SourceFile[]> => {
  const files: SourceFile[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3
      .send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ...(ContinuationToken && { ContinuationToken }),
        }),
      )
      .catch((error: unknown) => {
        throw s3Error(error, `s3://${bucket}/${prefix}`);
      });
    for (const { Key, Size, ETag } of page.Contents ?? [])
      files.push(sourceFile(s3, bucket, Key!, Size!, ETag));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  if (files.length === 0) throw new RedshiftError(`The specified S3 prefix '${prefix}' does not exist`);
  return files;
};

const readManifest = async (s3: S3Client, bucket: string, key: string): Promise<z.infer<typeof Manifest>> => {
  const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })).catch((error: unknown) => {
    throw new RedshiftError(
      `Problem reading manifest file - ${s3Error(error, `s3://${bucket}/${key}`).message}`,
    );
  });
  try {
    return Manifest.parse(JSON.parse(await answer.Body!.transformToString()));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new RedshiftError(`Invalid manifest file s3://${bucket}/${key}: ${why}`);
  }
};

const head = async (s3: S3Client, url: string): Promise<SourceFile | undefined> => {
  const { bucket, key } = parseS3Url(url);
  try {
    const { ContentLength, ETag } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return sourceFile(s3, bucket, key, ContentLength!, ETag);
  } catch (error) {
    if (error instanceof NotFound || error instanceof NoSuchKey) return undefined;
    throw s3Error(error, url);
  }
};

const filesOfManifest = async (s3: S3Client, command: CopyCommand): Promise<SourceFile[]> => {
  const { bucket, key } = command.from;
  const files: SourceFile[] = [];
  for (const { url, mandatory, meta } of (await readManifest(s3, bucket, key)).entries) {
    if (command.format === 'parquet' && !meta) {
      throw new RedshiftError(
        `Invalid manifest file s3://${bucket}/${key}: PARQUET needs meta.content_length for ${url}`,
      );
    }
    const file = await head(s3, url);
    if (!file && mandatory) {
      throw new RedshiftError(
        `S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,File ${url} is mandatory`,
      );
    }
    if (file && meta && meta.content_length !== file.bytes) {
      throw new RedshiftError(`${url} has ${file.bytes} bytes, but the manifest says ${meta.content_length}`);
    }
    if (file) files.push(file);
  }
  if (files.length === 0) throw new RedshiftError(`No files found for the manifest s3://${bucket}/${key}`);
  return files;
};

/** The files that a COPY reads: those of its manifest, or all whose key begins with its prefix. */
export const sourceFiles = (s3: S3Client, command: CopyCommand): Promise<SourceFile[]> =>
  command.manifest ? filesOfManifest(s3, command) : filesUnder(s3, command.from.bucket, command.from.key);
