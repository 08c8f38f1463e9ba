import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';

import { flightsFile } from '../../src/cli/demo/flights.ts';
import { livyCommand } from '../../src/cli/stack/livy.ts';
import { freePorts } from '../../src/cli/stack/port.ts';
import { sparkEnvironment } from '../../src/cli/stack/spark.ts';
import { createDuckdbEngine } from '../../src/engines/duckdb/engine.ts';
import { createLivyEngine } from '../../src/engines/livy/engine.ts';
import { createSparkEngine } from '../../src/engines/spark/engine.ts';
import type { FileSet, JobEngine, ObjectStore } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { httpfs, localS3, startMinistack } from '../contract/ministack.ts';
import { installed, startCluster } from './spark-cluster.ts';

export const DAY = '2001-01-01';

const READ: Record<string, string> = { parquet: 'read_parquet', csv: 'read_csv', json: 'read_json' };

/** Values that writers of files like to get wrong. */
const VALUES = `SELECT * FROM (VALUES
  (1, 'plain', 1.5::DOUBLE, 12.50::DECIMAL(10, 2), DATE '2001-01-05', TIMESTAMP '2001-01-05 02:03:04', true, 5000000000::BIGINT),
  (2, 'a "quoted", text', 1e20::DOUBLE, -0.05::DECIMAL(10, 2), DATE '1969-12-31', TIMESTAMP '2001-01-05 00:00:00.123456', false, -1::BIGINT),
  (3, '', 0.1::DOUBLE, 0::DECIMAL(10, 2), DATE '2001-02-28', TIMESTAMP '1999-12-31 23:59:59.5', NULL, 0::BIGINT),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (5, E'two\\nlines', 100::DOUBLE, 1::DECIMAL(10, 2), DATE '2001-03-01', TIMESTAMP '2001-03-01 12:00:00', true, 5::BIGINT),
  (6, E'back\\\\slash \\'é😀\\'', 0.001::DOUBLE, 1::DECIMAL(10, 2), DATE '2001-03-01', TIMESTAMP '2001-03-01 12:00:00', true, 5::BIGINT),
  (7, ' spaces ', 123456789.125::DOUBLE, 1::DECIMAL(10, 2), DATE '2001-03-01', TIMESTAMP '2001-03-01 12:00:00', true, 5::BIGINT)
) AS t(id, name, price, amount, day, moment, ok, n)`;

export interface SqlWorld {
  folder: string;
  engines: { duckdb: JobEngine; livy: JobEngine; spark: JobEngine };
  /** Writes the rows of a query to a file. */
  put(query: string, path: string, format: string): Promise<void>;
  /** The rows of a folder, as DuckDB reads them, with the columns' types as the first row. */
  rows(files: FileSet, columns?: string): Promise<unknown[]>;
  close(): Promise<void>;
}

/** A local S3 with a day of flights and some values, DuckDB, a standalone Spark, and a Livy with a Spark of its own. */
export async function makeSqlWorld(): Promise<SqlWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-sql-'));
  const server = await startMinistack();
  const { region, ...credentials } = localS3;
  const { endpoint } = server;
  const store = createObjectStore({ s3: { endpoint, region, credentials, forcePathStyle: true } });
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  await connection.run("SET TimeZone = 'UTC'");
  for (const bucket of ['raw', 'lake']) await fetch(`${endpoint}/${bucket}`, { method: 'PUT' });

  const put = async (query: string, path: string, format: string) => {
    const file = join(folder, 'seed');
    await connection.run(`COPY (${query}) TO '${file}' (FORMAT ${format})`);
    await store.write(path, await readFile(file));
  };
  const flights = `SELECT * FROM read_parquet('${flightsFile()}') WHERE CAST(date AS DATE) = DATE '${DAY}'`;
  await put(flights, `s3://raw/flights/dt=${DAY}/flights.parquet`, 'parquet');
  for (const format of ['parquet', 'csv', 'json'])
    await put(VALUES, `s3://raw/${format}/values.${format}`, format);

  const s3 = { endpoint, ...credentials };
  const [cluster, livy] = await Promise.all([
    startCluster({ folder: join(folder, 'cluster'), cores: 4, s3 }),
    startLivy(join(folder, 'livy'), folder, s3),
  ]);
  const common = {
    name: 'etl',
    staging: 's3://lake/_staging/',
    s3Scheme: 's3a',
    conf: {},
    store,
    requestTimeoutMs: 20_000,
  } as const;
  const duckdb = createDuckdbEngine({
    name: 'local',
    folder: join(folder, 'duckdb'),
    memory: '1GB',
    threads: 1,
    maxJobs: 1,
    ...(httpfs !== undefined && { httpfs }),
    s3: { ...localS3, endpoint, urlStyle: 'path' },
    store,
  });
  return {
    folder,
    put,
    engines: {
      duckdb,
      livy: createLivyEngine({ ...common, url: livy.url, authorization: async () => undefined }),
      spark: createSparkEngine({ ...common, url: cluster.url, ui: cluster.url }),
    },
    rows: (files, columns = '*') => rowsOf(connection, store, folder, files, columns),
    async close() {
      await Promise.all([cluster.stop(), livy.stop(), duckdb.close(), server.stop()]);
      database.closeSync();
      await rm(folder, { recursive: true, maxRetries: 10 });
    },
  };
}

async function rowsOf(
  connection: Awaited<ReturnType<DuckDBInstance['connect']>>,
  store: ObjectStore,
  folder: string,
  { path, format }: FileSet,
  columns: string,
): Promise<unknown[]> {
  const copy = await mkdtemp(join(folder, 'read-'));
  for (const file of await store.list(path))
    await writeFile(join(copy, basename(file.path)), await store.read(file.path));
  const from = `SELECT ${columns} FROM ${READ[format]}('${copy}/*')`;
  const ask = async (query: string) => (await connection.runAndReadAll(query)).getRowsJson();
  const types = (await ask(`DESCRIBE ${from}`)).map((column) => column.slice(0, 2));
  return [types, ...(await ask(`${from} ORDER BY ALL`))];
}

async function startLivy(
  folder: string,
  allowed: string,
  s3: { endpoint: string; accessKeyId: string; secretAccessKey: string },
): Promise<{ url: string; stop(): Promise<void> }> {
  const { spark: home, s3a, livy: jars } = installed();
  const [port = 0] = await freePorts(1);
  await mkdir(folder, { recursive: true });
  const { command, args, env } = livyCommand({
    jars,
    sparkHome: home,
    folder,
    port,
    master: 'local[2]',
    allowed,
    env: sparkEnvironment({ home, s3a, folder: join(folder, 'spark'), s3, env: process.env }),
  });
  let said = '';
  const server = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => (said += text));
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    fetch(`${url}/batches`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await answers())) {
    if (server.exitCode !== null) throw new Error(`Livy ended: ${said.slice(-2_000)}`);
    await sleep(100);
  }
  return {
    url,
    // It ends its batches when it is asked to end.
    stop: async () => {
      if (server.exitCode === null && server.kill('SIGTERM')) await once(server, 'exit');
    },
  };
}
