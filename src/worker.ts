import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataPipelineClient } from '@aws-sdk/client-data-pipeline';
import { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { S3Client } from '@aws-sdk/client-s3';
import { Client, isGrpcServiceError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { activityInterceptors, createActivities, type Deps } from '../activities/index.ts';
import { awsRequests } from './aws-requests.ts';
import { createConsumers, type NamedConsumer } from './consumers.ts';
import { foundTools, type Configuration, type Environment } from './config.ts';
import { rejecting } from './domain/failure.ts';
import { createEngine } from './engines/index.ts';
import type { S3Access } from './engines/duckdb/settings.ts';
import { createTopic } from './notifiers/sns.ts';
import { createWebhook } from './notifiers/webhook.ts';
import { createDataPipelines } from './publishers/data-pipeline/index.ts';
import { RedshiftWarehouse } from './publishers/redshift/index.ts';
import { createSecrets } from './secrets.ts';
import { ensureSearchAttributes } from './search-attributes.ts';
import { resolveReference } from './spec/load-config.ts';
import { PipelineFolder } from './spec/pipeline-folder.ts';
import { openRunRecords, REQUEST_TIMEOUT_MS, s3Options, stateFolder } from './state.ts';
import { fileContents } from './storage/file-contents.ts';
import { measureOutput } from './storage/measure.ts';
import { createObjectStore } from './storage/object-store.ts';
import type { TemporalTarget } from './temporal.ts';
import { TemporalRendezvous } from './triggers/rendezvous.ts';
import { TemporalRuns } from './triggers/runs.ts';

/** A waiting step is an activity that holds a promise, so there may be many. */
const MOST_ACTIVITIES = 2_000;
/** How long after an activation without an answer Data Pipeline may take to show its instances. */
const ACTIVATION_LOOK_MS = 120_000;

/** gRPC's code for it. */
const NOT_FOUND = 5;

export interface RunningWorker {
  worker: Worker;
  /** Works, and takes notifications of new data, until the worker is shut down. */
  run(): Promise<void>;
  close(): Promise<void>;
}

/** A worker made of the configuration, connected to Temporal, ready to `run()`. */
export async function createWorker(
  config: Configuration,
  { options, namespace }: TemporalTarget,
  env: Environment,
  warn: (message: string) => void,
): Promise<RunningWorker> {
  const connection = await NativeConnection.connect(options);
  try {
    const client = new Client({ connection, namespace });
    await ensureNamespace(client);
    const searchAttributes = await ensureSearchAttributes(client, warn);
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue: config.taskQueue,
      ...workflowCode(),
      activities: createActivities(depsOf(config, env, client, searchAttributes)),
      interceptors: { activity: activityInterceptors },
      maxConcurrentActivityTaskExecutions: MOST_ACTIVITIES,
      // The rhythm of heartbeats is what the server pays for; a short timeout still gets the beats that it needs.
      maxHeartbeatThrottleInterval: Math.round(config.heartbeatTimeoutMs * 0.8),
      maxCachedWorkflows: 500,
      shutdownGraceTime: '1s',
      shutdownForceTime: '15s',
    });
    const consumers = createConsumers(config, env, client, 'worker', warn);
    return { worker, run: () => runBoth(worker, consumers), close: () => connection.close() };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Asked first: a worker that is made for a namespace that isn't there keeps its process for ever. */
async function ensureNamespace({ connection, options: { namespace } }: Client): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === NOT_FOUND)
      throw new NamespaceNotFoundError(namespace);
    throw error;
  }
}

async function runBoth(worker: Worker, consumers: NamedConsumer[]): Promise<void> {
  const ending = new AbortController();
  const consuming = consumers.map(({ consumer }) => consumer.run(ending.signal));
  try {
    await worker.run();
  } finally {
    ending.abort();
    await Promise.all(consuming);
  }
}

/** The bundle that the build made; from the sources where there is none, as in tests. */
function workflowCode() {
  const bundle = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (existsSync(bundle)) return { workflowBundle: { codePath: bundle } };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return { workflowsPath: fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url)) };
}

const AWS = awsRequests(REQUEST_TIMEOUT_MS);

/** The engines of the configuration, and the store that they share. */
export function createEngines(config: Configuration, env: Environment) {
  const endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const s3 = s3Options(env);
  const client = new S3Client(s3);
  const store = createObjectStore({ s3 });
  const around = {
    folder: join(env['MILLRACE_FOLDER'] ?? join(config.folder, '.millrace'), 'engines'),
    store,
    httpfs: foundTools().httpfs,
    s3: () => s3Access(client, endpoint),
    text: (text: string) => resolved(text, env),
    path: (text: string) => resolve(config.folder, resolved(text, env)),
    secret: createSecrets(AWS, env),
    aws: AWS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  };
  const engines = mapValues(config.engines, (engine, name) => createEngine(engine, { ...around, name }));
  return { engines, store };
}

/** The warehouses of the configuration. */
export const createWarehouses = (
  config: Configuration,
  env: Environment,
): Record<string, RedshiftWarehouse> =>
  mapValues(config.warehouses, ({ workgroup, cluster, database, iamRole, secretArn, dbUser, region }) => {
    const at = (text: string) => resolved(text, env);
    const client = new RedshiftDataClient({ ...AWS, ...(region !== undefined && { region: at(region) }) });
    const target = {
      Database: at(database),
      ...(workgroup !== undefined && { WorkgroupName: at(workgroup) }),
      ...(cluster !== undefined && { ClusterIdentifier: at(cluster) }),
      ...(secretArn !== undefined && { SecretArn: at(secretArn) }),
      ...(dbUser !== undefined && { DbUser: at(dbUser) }),
    };
    const role = iamRole === undefined ? undefined : at(iamRole);
    return new RedshiftWarehouse(client, target, role, REQUEST_TIMEOUT_MS);
  });

/** The adapters behind the ports, as the configuration names them. */
function depsOf(config: Configuration, env: Environment, client: Client, searchAttributes: boolean): Deps {
  const { engines, store } = createEngines(config, env);
  const records = openRunRecords(config, env, store);
  const at = (text: string) => resolved(text, env);
  const secret = createSecrets(AWS, env);
  return {
    engines,
    warehouses: createWarehouses(config, env),
    webhooks: mapValues(config.webhooks, ({ url }) =>
      createWebhook({ url: () => secret(url), requestTimeoutMs: REQUEST_TIMEOUT_MS }),
    ),
    topics: mapValues(config.topics, ({ arn, region }) =>
      createTopic({ arn: async () => at(arn), config: { ...AWS, ...(region && { region: at(region) }) } }),
    ),
    dataPipelines: createDataPipelines({
      client: new DataPipelineClient({
        ...AWS,
        ...(config.dataPipelines?.region && { region: at(config.dataPipelines.region) }),
      }),
    }),
    files: store,
    measure: (output) => measureOutput(store, output),
    contents: (...asked) => fileContents(store, ...asked),
    pipelines: new PipelineFolder(config.pipelines, config.folder),
    runs: new TemporalRuns(client, config.taskQueue, records),
    rendezvous: new TemporalRendezvous(client, config.taskQueue, records),
    records,
    stateFolder: stateFolder(config, env),
    settings: {
      heartbeatTimeoutMs: config.heartbeatTimeoutMs,
      searchAttributes,
      pollIntervalMs: config.pollIntervalMs,
      activationLookMs: ACTIVATION_LOOK_MS,
    },
  };
}

const resolved = (text: string, env: Environment): string => rejecting(() => resolveReference(text, env));

/** What jobs reach S3 with: asked for each job, because credentials expire. */
async function s3Access(s3: S3Client, endpoint: string | undefined): Promise<S3Access> {
  const region = await s3.config.region();
  const { accessKeyId, secretAccessKey, sessionToken } = await s3.config.credentials();
  const own = endpoint === undefined ? {} : { endpoint, urlStyle: 'path' as const };
  return { region, accessKeyId, secretAccessKey, sessionToken, ...own };
}

const mapValues = <T, U>(
  all: Readonly<Record<string, T>>,
  to: (value: T, name: string) => U,
): Record<string, U> =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, to(value, name)]));
