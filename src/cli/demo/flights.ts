import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { CliError } from '../error.ts';

/** The real flights that the demo runs on: US flights, 2001-01-01 to 2001-06-30, out of npm's `vega-datasets`. */
export const FIRST_DAY = '2001-01-01';
export const MOST_DAYS = 181;

/** The Parquet file with all flights. */
export function flightsFile(): string {
  try {
    return join(
      dirname(createRequire(import.meta.url).resolve('vega-datasets')),
      '../data/flights-3m.parquet',
    );
  } catch {
    throw new CliError('NoData', 'the npm package vega-datasets is not installed', 'run `npm ci`');
  }
}

/** The first `count` days. */
export const days = (count: number): string[] =>
  Array.from({ length: count }, (_, at) =>
    new Date(Date.parse(FIRST_DAY) + at * 86_400_000).toISOString().slice(0, 10),
  );

/** Makes a Parquet file of each day; calls `use` with where each is, and removes them afterwards. */
export async function withDayFiles<T>(
  of: string[],
  use: (fileOf: (day: string) => string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-flights-'));
  const database = await DuckDBInstance.create(':memory:');
  const fileOf = (day: string) => join(folder, `${day}.parquet`);
  try {
    const connection = await database.connect();
    for (const day of of) {
      await connection.run(
        `COPY (SELECT * FROM read_parquet('${flightsFile()}') WHERE CAST(date AS DATE) = DATE '${day}') ` +
          `TO '${fileOf(day)}' (FORMAT parquet)`,
      );
    }
    connection.closeSync();
    return await use(fileOf);
  } finally {
    database.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts a day's file where the pipeline looks for it. */
export async function putDay(s3: S3Client, day: string, file: string): Promise<void> {
  const Key = `flights/dt=${day}/flights.parquet`;
  await s3.send(new PutObjectCommand({ Bucket: 'raw', Key, Body: await readFile(file) }));
}
