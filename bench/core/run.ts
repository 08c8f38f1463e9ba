import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { activityInterceptors, createActivities, type Deps } from '../../activities/index.ts';
import type { Definition } from '../../src/domain/definition.ts';
import type { RunResult } from '../../src/domain/run.ts';
import type { JobEngine } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { createRunRecords } from '../../src/storage/run-records.ts';
import { TemporalRendezvous } from '../../src/triggers/rendezvous.ts';
import { TemporalRuns } from '../../src/triggers/runs.ts';
import type { BenchWorker } from '../harness/temporal.ts';

const TASK_QUEUE = 'millrace';
/** The workflows as the build bundles them. */
const BUNDLE = { codePath: fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url)) };

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.parse('2001-01-01');

/** A pipeline of `sql` steps in a row, each on the engine `etl`. */
export const sqlPipeline = (steps: number, outputFolder: string): Definition => ({
  name: 'bench',
  file: 'bench.yaml',
  covers: 'day',
  timezone: 'UTC',
  params: {},
  steps: Array.from({ length: steps }, (_, at) => ({
    kind: 'sql',
    id: `step${at}`,
    args: {
      engine: 'etl',
      inputs: {},
      query: 'select 42 as answer',
      output: { path: `${outputFolder}/step${at}/dt=\${interval.date}/`, format: 'parquet' },
    },
    retry: { attempts: 1, delayMs: 1_000 },
    allowFailure: false,
    onLost: 'ask',
  })),
  onFailure: [],
});

/** A worker as `millrace worker` makes it by default, for one pipeline and one engine. */
export function ourWorker(
  client: Client,
  engine: JobEngine,
  definition: Definition,
  folder: string,
  measure: Deps['measure'],
): BenchWorker {
  const files = createObjectStore({});
  const records = createRunRecords(files, join(folder, 'state'));
  const deps: Deps = {
    engines: { etl: engine },
    warehouses: {},
    webhooks: {},
    topics: {},
    dataPipelines: {
      resolve: async (name) => name,
      activate: async () => {},
      deactivate: async () => {},
      isDeactivating: async () => false,
      activeParams: async () => ({}),
      instances: async () => [],
    },
    files,
    measure,
    contents: async () => ({}),
    pipelines: { load: async () => definition },
    runs: new TemporalRuns(client, TASK_QUEUE, records),
    rendezvous: new TemporalRendezvous(client, TASK_QUEUE, records),
    records,
    stateFolder: join(folder, 'state'),
    settings: {
      heartbeatTimeoutMs: 300_000,
      searchAttributes: true,
      pollIntervalMs: 15_000,
      activationLookMs: 120_000,
    },
  };
  return {
    taskQueue: TASK_QUEUE,
    workflowBundle: BUNDLE,
    activities: createActivities(deps),
    interceptors: { activity: activityInterceptors },
  };
}

/** Runs the pipeline for the n-th day and waits for its end. */
export async function runDay(
  client: Client,
  day: number,
): Promise<{ workflowId: string; result: RunResult }> {
  const interval = new Date(FIRST_DAY_MS + day * DAY_MS).toISOString().slice(0, 10);
  const workflowId = `bench/${interval}`;
  const handle = await client.workflow.start('pipeline', {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [{ pipeline: 'bench', interval }],
  });
  return { workflowId, result: (await handle.result()) as RunResult };
}
