import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { environment, foundTools, packageRoot } from '../../src/config.ts';
import { DemoWarehouse } from '../../src/cli/demo/warehouse.ts';
import { startStack, type Stack } from '../../src/cli/stack/stack.ts';
import type { Progress, StepProgress } from '../../src/domain/run.ts';
import { until } from './cli.ts';

export interface World {
  stack: Stack;
  client: Client;
  warehouse: DemoWarehouse;
  folder: string;
  config: string;
  /** Writes a pipeline file, and starts a run of it. */
  start(name: string, yaml: string, interval: string): Promise<WorkflowHandle>;
  /** Puts the rows of a query as a Parquet file into S3. */
  put(path: string, query: string): Promise<void>;
  /** The keys below `s3://bucket/prefix`. */
  keys(bucket: string, prefix: string): Promise<string[]>;
  step(handle: WorkflowHandle, id: string): Promise<StepProgress | undefined>;
  /** Waits until a step is as the test wants it. */
  untilStep(
    handle: WorkflowHandle,
    id: string,
    holds: (step: StepProgress) => boolean,
  ): Promise<StepProgress>;
  stop(): Promise<void>;
}

const CONFIG = `
pipelines: ["*.pipeline.yaml"]
heartbeatTimeout: 2s
pollInterval: 500ms
engines: { etl: { type: duckdb, memory: 1GB, threads: 1, maxJobs: 2 } }
warehouses: { analytics: { workgroup: local, database: dev, iamRole: "arn:aws:iam::000000000000:role/load" } }
webhooks: { oncall: { url: "\${env:ONCALL_URL}" } }
`;

/** A local stack of its own, with a worker as a process of its own. */
export async function createWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-e2e-'));
  const config = join(folder, 'millrace.yaml');
  await writeFile(config, CONFIG);
  await mkdir(join(folder, 'stack'));
  const said: string[] = [];
  const stack = await startStack({
    folder: join(folder, 'stack'),
    root: packageRoot(),
    env: environment,
    tools: foundTools(),
    persist: false,
    worker: { configPath: config, taskQueue: 'millrace' },
    log: (text) => said.push(text),
  });
  const aws = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const s3 = new S3Client({ ...aws, endpoint: stack.endpoints.s3, forcePathStyle: true });
  const redshift = new RedshiftDataClient({ ...aws, endpoint: stack.endpoints.redshiftData });
  const connection = await Connection.connect({ address: stack.endpoints.temporal });
  const client = new Client({ connection });
  const world: World = {
    stack,
    client,
    folder,
    config,
    warehouse: new DemoWarehouse(redshift, stack.warehouse),
    async start(name, yaml, interval) {
      // A run of the same pipeline may read it at this moment: it has to find a whole one.
      const file = join(folder, `${name}.pipeline.yaml`);
      await writeFile(`${file}.new`, `name: ${name}\n${yaml}`);
      await rename(`${file}.new`, file);
      const args = [{ pipeline: name, interval }];
      return client.workflow.start('pipeline', {
        taskQueue: 'millrace',
        workflowId: `${name}/${interval}`,
        args,
      });
    },
    async put(path, query) {
      const file = join(folder, `put-${randomUUID()}.parquet`);
      const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
      await duckdb.run(`COPY (${query}) TO '${file}' (FORMAT parquet)`);
      duckdb.closeSync();
      const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(path) ?? [];
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: await readFile(file) }));
    },
    async keys(Bucket, Prefix) {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
      return Contents.map(({ Key = '' }) => Key);
    },
    async step(handle, id) {
      const { steps } = await handle.query<Progress>('progress');
      return steps.find((step) => step.id === id);
    },
    untilStep: (handle, id, holds) =>
      until(async () => {
        const step = await world.step(handle, id).catch(() => undefined);
        return step && holds(step) ? step : undefined;
      }),
    async stop() {
      await connection.close();
      await stack.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  return world;
}
