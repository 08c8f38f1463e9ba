import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';

export const BUCKET = 'lake';

/** The columns of the files, as Redshift has them. */
export const COLUMNS =
  'day date, id bigint, origin varchar(8), destination varchar(8), flights int, mean double precision';

const rowsOf = (rows: number, files: number, file: number) =>
  `SELECT DATE '2001-01-05' AS day, range AS id, 'A' || range % 300 AS origin, 'B' || range % 7 AS destination, ` +
  `CAST(range % 50 AS INT) AS flights, range / 7 AS mean ` +
  `FROM range(${Math.round((rows * file) / files)}, ${Math.round((rows * (file + 1)) / files)})`;

/** Puts Parquet files into S3 below a prefix, and a manifest for them; rows are numbered through all of them. */
export async function putFiles(
  s3: S3Client,
  folder: string,
  {
    rows,
    files,
    prefix,
    rowGroup = 122_880,
  }: { rows: number; files: number; prefix: string; rowGroup?: number },
): Promise<{ path: string; manifest: string }> {
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  const entries = [];
  for (let file = 0; file < files; file += 1) {
    const local = join(folder, `${prefix}-${file}.parquet`);
    await duckdb.run(
      `COPY (${rowsOf(rows, files, file)}) TO '${local}' (FORMAT parquet, ROW_GROUP_SIZE ${rowGroup})`,
    );
    const Body = await readFile(local);
    const Key = `${prefix}/part-${String(file).padStart(4, '0')}.parquet`;
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    entries.push({ url: `s3://${BUCKET}/${Key}`, mandatory: true, meta: { content_length: Body.length } });
  }
  duckdb.closeSync();
  const Key = `bare/${prefix}.json`;
  await s3.send(
    new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.from(JSON.stringify({ entries })) }),
  );
  return { path: `s3://${BUCKET}/${prefix}/`, manifest: `s3://${BUCKET}/${Key}` };
}
