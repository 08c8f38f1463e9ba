import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeStatementCommand,
  ExecuteStatementCommand,
  RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import { S3Client } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { startStack, type Stack } from '../../src/cli/stack/stack.ts';
import { environment, foundTools, packageRoot } from '../../src/config.ts';
import type { RunResult } from '../../src/domain/run.ts';
import type { Bench } from '../harness/bench.ts';

const TASK_QUEUE = 'millrace';
const ROLE = 'arn:aws:iam::000000000000:role/load';
const CONFIG = `pipelines: ["*.pipeline.yaml"]
warehouses: { analytics: { workgroup: local, database: dev, iamRole: "${ROLE}" } }
`;

/** A local stack with a worker of its own, as `millrace dev` has it, and what the benchmarks do with it. */
export interface PublishWorld {
  stack: Stack;
  s3: S3Client;
  /** Runs SQL to its end; the time from sending it to knowing that it is done, in ms. */
  sql(text: string): Promise<number>;
  /** A bare COPY of a manifest's files into a table. */
  copy(table: string, manifest: string): Promise<number>;
  /** Publishes by a run of one step; the time of the step, in ms. */
  load(args: string): Promise<number>;
  /** How many requests the Data API has had. */
  calls(): Promise<number>;
}

export async function withStack<T>(bench: Bench, use: (world: PublishWorld) => Promise<T>): Promise<T> {
  const folder = join(bench.folder, 'stack');
  await mkdir(folder);
  const config = join(bench.folder, 'millrace.yaml');
  await writeFile(config, CONFIG);
  const stack = await startStack({
    folder,
    root: packageRoot(),
    env: environment,
    tools: foundTools(),
    persist: false,
    worker: { configPath: config, taskQueue: TASK_QUEUE },
    log: () => {},
  });
  const { endpoints, warehouse } = stack;
  const aws = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const s3 = new S3Client({ ...aws, endpoint: endpoints.s3, forcePathStyle: true });
  const redshift = new RedshiftDataClient({ ...aws, endpoint: endpoints.redshiftData });
  const connection = await Connection.connect({ address: endpoints.temporal });
  const client = new Client({ connection });
  const target = { WorkgroupName: warehouse.workgroup, Database: warehouse.database };
  let loads = 0;

  const sql: PublishWorld['sql'] = async (text) => {
    const startedAt = performance.now();
    const { Id } = await redshift.send(new ExecuteStatementCommand({ ...target, Sql: text }));
    for (;;) {
      const { Status, Error: error } = await redshift.send(
        new DescribeStatementCommand({ Id, WaitTimeSeconds: 30 }),
      );
      if (Status === 'FINISHED') return performance.now() - startedAt;
      if (Status === 'FAILED' || Status === 'ABORTED')
        throw new Error(`${text.slice(0, 80)}: ${error ?? Status}`);
    }
  };
  try {
    return await use({
      stack,
      s3,
      sql,
      copy: (table, manifest) =>
        sql(`COPY ${table} FROM '${manifest}' IAM_ROLE '${ROLE}' FORMAT AS PARQUET MANIFEST`),
      load: async (args) => {
        const name = `load-${(loads += 1)}`;
        const step = `  - id: publish\n    redshiftCopy: { warehouse: analytics, ${args} }\n`;
        await writeFile(join(bench.folder, `${name}.pipeline.yaml`), `name: ${name}\nsteps:\n${step}`);
        const result = (await client.workflow.execute('pipeline', {
          taskQueue: TASK_QUEUE,
          workflowId: `${name}/2001-01-05`,
          args: [{ pipeline: name, interval: '2001-01-05' }],
        })) as RunResult;
        const done = result.steps[0]?.result;
        if (!done) throw new Error(`${name} published nothing`);
        return Date.parse(done.endedAt) - Date.parse(done.startedAt);
      },
      calls: async () => {
        const answer = await fetch(`${endpoints.redshiftData}/_calls`);
        const counts = (await answer.json()) as Record<string, number>;
        return Object.values(counts).reduce((sum, count) => sum + count, 0);
      },
    });
  } finally {
    s3.destroy();
    redshift.destroy();
    await connection.close();
    await stack.stop();
  }
}
