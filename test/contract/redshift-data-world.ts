import { afterAll, beforeAll } from '@jest/globals';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  BatchExecuteStatementCommand,
  DescribeStatementCommand,
  type DescribeStatementCommandOutput,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  GetStatementResultCommand,
  RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import { DuckDBInstance } from '@duckdb/node-api';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type RedshiftData, startRedshiftData } from '../../emulators/redshift-data/index.ts';
import { freePorts } from '../../src/cli/stack/port.ts';

export const PYTHON_BIN = path.resolve('.millrace/python/bin');
export const ROLE = `IAM_ROLE 'arn:aws:iam::000000000000:role/load'`;
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

const STOP_GRACE_MS = 5_000;

export interface S3 {
  client: S3Client;
  endpoint: string;
  put(key: string, body: string | Uint8Array): Promise<number>;
  /** Writes the rows of a query by DuckDB as a Parquet object; returns its size. */
  putParquet(key: string, query: string, options?: string): Promise<number>;
  /** The keys that begin with a prefix. */
  keys(prefix: string): Promise<string[]>;
  get(key: string): Promise<Uint8Array>;
  /** The rows that DuckDB reads in a Parquet object, as JSON has them; with `describe`, its columns. */
  readParquet(key: string, describe?: boolean): Promise<unknown[][]>;
  stop(): Promise<void>;
}

export const startS3 = async (bucket: string): Promise<S3> => {
  const [port = 0] = await freePorts(1);
  const env = { ...process.env, BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port) };
  const child: ChildProcess = spawn(path.join(PYTHON_BIN, 'ministack'), { env, stdio: 'ignore' });
  const exited = once(child, 'exit');
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  for (let ready = false; !ready;) {
    if (child.exitCode !== null) throw new Error('ministack did not start');
    ready = await client.send(new CreateBucketCommand({ Bucket: bucket })).then(
      () => true,
      () => new Promise<boolean>((resolve) => setTimeout(resolve, 50, false)),
    );
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'redshift-data-parquet-'));
  const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const put = async (Key: string, Body: string | Uint8Array) => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    return Body.length;
  };
  const get = async (Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    return Body!.transformToByteArray();
  };
  return {
    client,
    endpoint,
    put,
    get,
    keys: async (Prefix) => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
      return Contents.map(({ Key }) => Key!);
    },
    readParquet: async (key, describe = false) => {
      const file = path.join(folder, 'read.parquet');
      await writeFile(file, await get(key));
      const select = `SELECT * FROM read_parquet('${file}')`;
      const reader = await duckdb.runAndReadAll(
        describe ? `SELECT column_name, column_type FROM (DESCRIBE ${select})` : select,
      );
      return reader.getRowsJson();
    },
    putParquet: async (key, query, options = '') => {
      const file = path.join(folder, 'file.parquet');
      await duckdb.run(`COPY (${query}) TO '${file}' (FORMAT parquet${options})`);
      await put(key, await readFile(file));
      return (await stat(file)).size;
    },
    stop: async () => {
      duckdb.closeSync();
      client.destroy();
      child.kill('SIGTERM');
      // It waits for the answers that it has begun, which nobody may read any more.
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
      await exited;
      clearTimeout(killer);
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** The AWS CLI, which answers JSON. */
export const aws = async (url: string, ...args: string[]) => {
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const at = ['--endpoint-url', url, '--region', 'us-east-1', '--output', 'json'];
  const { stdout } = await promisify(execFile)(
    path.join(PYTHON_BIN, 'aws'),
    ['redshift-data', ...args, ...at],
    { env },
  );
  return JSON.parse(stdout);
};

export interface Warehouse {
  server: RedshiftData;
  client: RedshiftDataClient;
  /** Runs one statement to its end, or several as a batch. */
  run(
    sql: string | string[],
    more?: Partial<ExecuteStatementCommandInput>,
  ): Promise<DescribeStatementCommandOutput>;
  submit(sql: string | string[], more?: object): Promise<string>;
  ended(id: string): Promise<DescribeStatementCommandOutput>;
  /** The rows of a query, each an array of plain values. */
  rows(sql: string): Promise<unknown[][]>;
  /** The first page of rows of a statement that has ended. */
  rowsOf(id: string): Promise<unknown[][]>;
  stop(): Promise<void>;
}

const AT = { WorkgroupName: 'local', Database: 'dev' };

export const startWarehouse = async (s3Endpoint: string, dataDir?: string): Promise<Warehouse> => {
  const server = await startRedshiftData({
    s3: { endpoint: s3Endpoint, credentials },
    eventBridge: { endpoint: s3Endpoint, credentials },
    ...(dataDir !== undefined && { dataDir }),
  });
  const client = new RedshiftDataClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });

  const submit = async (sql: string | string[], more: object = {}) => {
    const command =
      typeof sql === 'string'
        ? new ExecuteStatementCommand({ ...AT, Sql: sql, ...more })
        : new BatchExecuteStatementCommand({ ...AT, Sqls: sql, ...more });
    return (await client.send(command as ExecuteStatementCommand)).Id!;
  };
  const ended = async (id: string) => {
    for (;;) {
      const state = await client.send(new DescribeStatementCommand({ Id: id, WaitTimeSeconds: 30 }));
      if (['FINISHED', 'FAILED', 'ABORTED'].includes(state.Status!)) return state;
    }
  };
  const run: Warehouse['run'] = async (sql, more) => ended(await submit(sql, more));
  const rowsOf: Warehouse['rowsOf'] = async (Id) => {
    const { Records } = await client.send(new GetStatementResultCommand({ Id }));
    return Records!.map((record) => record.map((field) => (field.isNull ? null : Object.values(field)[0])));
  };
  return {
    server,
    client,
    submit,
    ended,
    run,
    rowsOf,
    rows: async (sql) => {
      const state = await run(sql);
      if (state.Status !== 'FINISHED') throw new Error(state.Error);
      return rowsOf(state.Id!);
    },
    stop: async () => {
      client.destroy();
      await server.stop();
    },
  };
};

/** Gives the tests of a file, or of a `describe`, an S3 with the bucket `lake` and a warehouse that reads it. */
export const withWarehouse = (use: (world: { s3: S3; warehouse: Warehouse }) => void): void => {
  let s3: S3 | undefined;
  let warehouse: Warehouse | undefined;
  beforeAll(async () => {
    s3 = await startS3('lake');
    warehouse = await startWarehouse(s3.endpoint);
    use({ s3, warehouse });
  });
  afterAll(async () => {
    await warehouse?.stop();
    await s3?.stop();
  });
};

/** Where nothing listens: for those that need no S3. */
export const NOWHERE = 'http://127.0.0.1:9';

/** A warehouse without S3 for the tests of a file. */
export const withWarehouseAlone = (use: (warehouse: Warehouse) => void): void => {
  let warehouse: Warehouse | undefined;
  beforeAll(async () => {
    warehouse = await startWarehouse(NOWHERE);
    use(warehouse);
  });
  afterAll(() => warehouse?.stop());
};

/** Whether a batch has come to its statement of that number, from 0. */
export async function isRunning({ client }: Warehouse, Id: string, place: number): Promise<boolean> {
  const { SubStatements } = await client.send(new DescribeStatementCommand({ Id }));
  return SubStatements![place]!.Status === 'STARTED';
}
