import {
  DeleteObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { RedshiftError } from '../error.ts';
import { s3Error, type S3Place } from '../s3.ts';
import { type Column, manifestElement } from './column.ts';
import type { UnloadCommand } from './command.ts';

/** A file that UNLOAD wrote. */
export interface UnloadedFile {
  url: string;
  bytes: number;
  rows: number;
}

const pages = async function* (s3: S3Client, { bucket, key }: S3Place): AsyncGenerator<string[]> {
  let ContinuationToken: string | undefined;
  do {
    const page: ListObjectsV2CommandOutput = await s3
      .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key, ContinuationToken }))
      .catch((error: unknown) => {
        throw s3Error(error, `s3://${bucket}/${key}`);
      });
    yield (page.Contents ?? []).map(({ Key }) => Key!);
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
};

/** Removes what is there, for CLEANPATH. */
export const clean = async (s3: S3Client, place: S3Place): Promise<void> => {
  for await (const keys of pages(s3, place)) {
    if (keys.length === 0) continue;
    const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
    await s3.send(new DeleteObjectsCommand({ Bucket: place.bucket, Delete }));
  }
};

/** Fails unless nothing is there, or the command says that it may be. */
export const checkEmpty = async (
  s3: S3Client,
  { to, allowOverwrite, cleanPath }: UnloadCommand,
): Promise<void> => {
  if (allowOverwrite || cleanPath) return;
  for await (const keys of pages(s3, to)) {
    if (keys.length === 0) return;
    throw new RedshiftError(
      'Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option.',
    );
  }
};

/** https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html#unload-parameters */
export const writeManifest = async (
  s3: S3Client,
  { to, verbose }: UnloadCommand,
  files: readonly UnloadedFile[],
  columns: readonly Column[],
): Promise<void> => {
  const sum = (of: (file: UnloadedFile) => number): number =>
    files.reduce((total, file) => total + of(file), 0);
  const manifest = {
    entries: files.map(({ url, bytes, rows }) => ({
      url,
      meta: { content_length: bytes, ...(verbose && { record_count: rows }) },
    })),
    ...(verbose && {
      schema: { elements: columns.map(manifestElement) },
      meta: { content_length: sum(({ bytes }) => bytes), record_count: sum(({ rows }) => rows) },
      author: { name: "Millrace's local stand-in for Amazon Redshift", version: '1.0.0' },
    }),
  };
  const Key = `${to.key}manifest`;
  await s3.send(new PutObjectCommand({ Bucket: to.bucket, Key, Body: JSON.stringify(manifest) }));
};
