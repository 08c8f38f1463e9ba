import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { RedshiftError } from '../error.ts';
import { parseS3Url, s3Error } from '../s3.ts';
import type { Json } from './json-records.ts';

/** The keys and indexes that lead to a value. */
export type JsonPath = readonly (string | number)[];

const File = z.strictObject({ jsonpaths: z.array(z.string()).min(1) });

const STEP = /\.([A-Za-z_][\w-]*)|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]/y;

/** Reads `$.a['b'][0]`. Wildcards and filters are refused, as by Redshift. */
const parsePath = (text: string): JsonPath => {
  const steps: (string | number)[] = [];
  let at = text.startsWith('$') ? 1 : -1;
  while (at >= 0 && at < text.length) {
    STEP.lastIndex = at;
    const [all, dotted, single, double, index] = STEP.exec(text) ?? [];
    if (all === undefined) break;
    steps.push(index === undefined ? (dotted ?? single ?? double)! : Number(index));
    at += all.length;
  }
  if (at !== text.length || steps.length === 0) {
    throw new RedshiftError(
      `Invalid JSONPath format: '${text}' is not a path such as $.name or $['name'][0]`,
    );
  }
  return steps;
};

/**
 * Reads a JSONPaths file, which has a path for each column.
 * https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-format.html#copy-json-jsonpaths
 */
export const readJsonPaths = async (s3: S3Client, url: string, columns: number): Promise<JsonPath[]> => {
  const { bucket, key } = parseS3Url(url);
  const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })).catch((error: unknown) => {
    throw s3Error(error, url);
  });
  let paths: string[];
  try {
    paths = File.parse(JSON.parse(await answer.Body!.transformToString())).jsonpaths;
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new RedshiftError(`Invalid JSONPaths file ${url}: ${why}`);
  }
  if (paths.length !== columns) {
    throw new RedshiftError(
      `Number of jsonpaths and the number of columns should match. JSONPath size: ${paths.length}, Number of columns in table or column list: ${columns}`,
    );
  }
  return paths.map(parsePath);
};

export const valueAt = (value: Json, path: JsonPath): Json | undefined => {
  let at: Json | undefined = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    if (Array.isArray(at)) at = typeof step === 'number' ? at[step] : undefined;
    else at = Object.hasOwn(at, step) ? at[String(step)] : undefined;
  }
  return at;
};
