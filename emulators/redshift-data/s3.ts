import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { RedshiftError } from './error.ts';
import type { Reader } from './sql/reader.ts';

/** Where COPY and UNLOAD reach S3, by region; without one that of the environment. */
export type S3Clients = (region?: string) => S3Client;

export const s3Clients = (config: S3ClientConfig): S3Clients => {
  const clients = new Map<string, S3Client>();
  return (region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1') => {
    const client = clients.get(region) ?? new S3Client({ forcePathStyle: true, ...config, region });
    clients.set(region, client);
    return client;
  };
};

export interface S3Place {
  bucket: string;
  key: string;
}

export const parseS3Url = (url: string): S3Place => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(url) ?? [];
  if (!bucket || key === undefined) throw new RedshiftError(`The S3 path '${url}' is not s3://bucket/key`);
  return { bucket, key };
};

export const s3Error = (error: unknown, url: string): RedshiftError => {
  const { name, message, $metadata } = error as {
    name: string;
    message: string;
    $metadata?: { httpStatusCode?: number };
  };
  return new RedshiftError(
    `S3ServiceException:${message},Status ${$metadata?.httpStatusCode ?? 0},Error ${name},File ${url}`,
  );
};

const ROLE = /^(default|arn:aws[\w-]*:iam::\d{12}:role\/[^\s,]+(,arn:aws[\w-]*:iam::\d{12}:role\/[^\s,]+)*)$/;
const CREDENTIALS =
  /^(aws_iam_role=arn:aws[\w-]*:iam::\d{12}:role\/\S+|aws_access_key_id=[^;]+;aws_secret_access_key=\S+)$/;

/**
 * The clauses that authorize COPY and UNLOAD, by their first word. They have to look right and are not used.
 * https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-authorization.html
 */
export const AUTHORIZATION: Record<string, (reader: Reader) => void> = {
  iam_role: (reader) => {
    const role = reader.skip('default') ?? reader.string();
    if (!ROLE.test(role))
      throw new RedshiftError(`Invalid IAM role '${role}': it must be an ARN of a role, or default`);
  },
  credentials: (reader) => {
    reader.skip('with');
    if (!CREDENTIALS.test(reader.string()))
      throw new RedshiftError('Invalid credentials. Must be of the format: aws_iam_role=…');
  },
  access_key_id: (reader) => {
    reader.string();
    reader.expect('secret_access_key');
    reader.string();
  },
  session_token: (reader) => void reader.string(),
};

export const noAuthorization = (command: string): RedshiftError =>
  new RedshiftError(`No authorization clause: ${command} with S3 needs IAM_ROLE or CREDENTIALS`);
