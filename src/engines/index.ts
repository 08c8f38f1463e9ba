import { EMRClient } from '@aws-sdk/client-emr';
import { EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import { SQSClient } from '@aws-sdk/client-sqs';
import { join } from 'node:path';
import { parseDuration } from '../domain/duration.ts';
import { isS3Path } from '../domain/file-path.ts';
import type { JobEngine, ObjectStore } from '../ports.ts';
import type { EngineConfig, EngineTypeName } from '../spec/load-config.ts';
import { createLocalEngine } from './local/engine.ts';
import { createDuckdbEngine, type DuckdbOptions } from './duckdb/engine.ts';
import { EmrServerlessEngine } from './emr-serverless/engine.ts';
import { EmrEngine } from './emr/engine.ts';
import type { EmrOptions } from './emr/options.ts';
import { basicAuthorization } from './http.ts';
import { createLivyEngine } from './livy/engine.ts';
import { createQuboleEngine } from './qubole/engine.ts';
import { createSparkEngine } from './spark/engine.ts';

/** What engines need beside their own part of the configuration. */
export interface EngineSurroundings {
  /** As millrace.yaml names it; for errors. */
  name: string;
  /** Absolute; an engine that keeps state on this machine has a folder of its name below it. */
  folder: string;
  store: ObjectStore;
  httpfs: string | null;
  s3: NonNullable<DuckdbOptions['s3']>;
  /** What a text of the configuration comes to, its references resolved. */
  text(text: string): string;
  /** The same for a local path, which is relative to the configuration's folder. */
  path(text: string): string;
  /** The same for a secret: asked late, and `anew` after it was refused, because secrets are rotated. */
  secret(text: string, anew?: boolean): Promise<string>;
  /** The options that every AWS client is made with. */
  aws: object;
  requestTimeoutMs: number;
}

type Create<Type extends EngineTypeName> = (
  config: EngineConfig<Type>,
  around: EngineSurroundings,
) => JobEngine;

/** The engines by type: to add one is to add a line here, and its entry in src/spec/engines.ts. */
const TYPES: { [Type in EngineTypeName]: Create<Type> } = {
  duckdb: (config, { name, folder, store, httpfs, s3, path }) =>
    createDuckdbEngine({
      name,
      folder: config.folder === undefined ? join(folder, name) : path(config.folder),
      memory: config.memory,
      threads: config.threads,
      maxJobs: config.maxJobs,
      ...(config.maxTempSize !== undefined && { maxTempSize: config.maxTempSize }),
      ...(httpfs !== null && { httpfs }),
      s3,
      store,
    }),
  local: (config, { name, folder, path, secret }) =>
    createLocalEngine({
      folder: config.folder === undefined ? join(folder, name) : path(config.folder),
      env: async () =>
        Object.fromEntries(
          await Promise.all(
            Object.entries(config.env).map(
              async ([variable, value]) => [variable, await secret(value)] as const,
            ),
          ),
        ),
    }),

  qubole: (config, { name, store, text, secret, aws, requestTimeoutMs }) =>
    createQuboleEngine({
      name,
      url: text(config.url),
      version: config.version,
      tags: config.tags,
      macros: config.macros,
      ...(config.pool !== undefined && { pool: config.pool }),
      ...(config.idleHours !== undefined && { idleHours: config.idleHours }),
      ...(config.cluster !== undefined && { cluster: text(config.cluster) }),
      token: (anew) => secret(config.token, anew),
      ...(config.push && { push: { queue: text(config.push.queue), sqs: new SQSClient(aws) } }),
      store,
      requestTimeoutMs,
    }),

  livy: ({ url, staging, s3Scheme, user, password, conf, proxyUser, queue }, around) =>
    createLivyEngine({
      name: around.name,
      url: around.text(url),
      staging: stagingPath(staging, around),
      s3Scheme,
      authorization: async (anew) =>
        user === undefined || password === undefined
          ? undefined
          : basicAuthorization(around.text(user), await around.secret(password, anew)),
      conf: texts(conf, around),
      ...(proxyUser !== undefined && { proxyUser: around.text(proxyUser) }),
      ...(queue !== undefined && { queue: around.text(queue) }),
      store: around.store,
      requestTimeoutMs: around.requestTimeoutMs,
    }),

  spark: ({ url, ui, staging, s3Scheme, conf }, around) =>
    createSparkEngine({
      name: around.name,
      url: around.text(url),
      ui: around.text(ui),
      staging: stagingPath(staging, around),
      s3Scheme,
      conf: texts(conf, around),
      store: around.store,
      requestTimeoutMs: around.requestTimeoutMs,
    }),

  emr: (config, { name, store, text, aws, requestTimeoutMs }) =>
    new EmrEngine({
      name,
      client: new EMRClient({ ...aws, ...(config.region !== undefined && { region: text(config.region) }) }),
      store,
      cluster: text(config.cluster),
      ...(config.launch && { launch: withTexts(config.launch, text) as NonNullable<EmrOptions['launch']> }),
      idleTimeoutMs: parseDuration(config.idleTimeout),
      staging: text(config.staging),
      requestTimeoutMs,
    }),

  'emr-serverless': (config, around) =>
    new EmrServerlessEngine({
      client: new EMRServerlessClient({
        ...around.aws,
        ...(config.region !== undefined && { region: around.text(config.region) }),
      }),
      store: around.store,
      application: around.text(config.application),
      executionRole: around.text(config.executionRole),
      staging: around.text(config.staging),
      logUri: around.text(config.logs ?? `${config.staging.replace(/\/*$/, '/')}logs/`),
      conf: texts(config.conf, around),
      dashboards: config.dashboards,
      requestTimeoutMs: around.requestTimeoutMs,
    }),
};

const texts = (all: Record<string, string>, { text }: EngineSurroundings): Record<string, string> =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, text(value)]));

/** An `s3://` path, or an absolute one. */
function stagingPath(staging: string, { text, path }: EngineSurroundings): string {
  const said = text(staging);
  return isS3Path(said) ? said : path(staging);
}

/** All texts in a value, resolved. */
function withTexts(value: unknown, text: (text: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((each) => withTexts(each, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withTexts(each, text)]));
}

export const createEngine = (config: EngineConfig, around: EngineSurroundings): JobEngine =>
  (TYPES[config.type] as Create<EngineTypeName>)(config, around);
