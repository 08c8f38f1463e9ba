import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Tools } from '../../config.ts';
import { CliError } from '../error.ts';
import { startEmulator } from '../stack/emulator.ts';
import { startLivy } from '../stack/livy.ts';
import { freePorts } from '../stack/port.ts';
import { sparkEnvironment, startSpark } from '../stack/spark.ts';
import type { BesideStack } from '../stack/stack.ts';

/** The engines that the demo can run on: one field of millrace.yaml, and the same rows. */
export const DEMO_ENGINES = ['duckdb', 'qubole', 'livy', 'spark'] as const;
export type DemoEngine = (typeof DEMO_ENGINES)[number];

const STAGING = 's3://lake/_millrace/staging/';

/**
 * Each driver takes two and its executor one. An odd number leaves one that no driver can take, so that drivers never
 * wait for each other's executors.
 */
const SPARK_CORES = 5;

/** Starts what the engine needs beside the stack, and says how millrace.yaml names it. */
export async function startEngine(
  type: Exclude<DemoEngine, 'duckdb'>,
  tools: Tools,
  beside: BesideStack,
): Promise<object> {
  const { family, root, folder, env, stackEnv, signal } = beside;
  const [port = 0, master = 0, rest = 0, masterUi = 0, workerUi = 0] = await freePorts(5);
  if (type === 'qubole') {
    const main = join(root, 'dist', 'emulators', 'main.js');
    const { url, token } = await startEmulator({ family, main, name: 'qubole', env, port, signal });
    return { type, url, token };
  }
  const { spark: home, s3a, livy } = tools;
  if (home === null || s3a === null || livy === null) {
    throw new CliError(
      'NoSpark',
      'there is no Spark here',
      'run `npm run setup -- --spark`, which takes 400 MB',
    );
  }
  const s3 = {
    endpoint: stackEnv['AWS_ENDPOINT_URL_S3'] ?? '',
    accessKeyId: stackEnv['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: stackEnv['AWS_SECRET_ACCESS_KEY'] ?? '',
  };
  const settings = { home, s3a, folder: join(folder, 'spark'), s3, env };
  if (type === 'spark') {
    const ports = { master, rest, masterUi, workerUi };
    const { url, ui } = await startSpark({ ...settings, ports, cores: SPARK_CORES, family, signal });
    return { type, url, ui, staging: STAGING, conf: { 'spark.driver.cores': '2' } };
  }
  const url = await startLivy({
    jars: livy,
    sparkHome: home,
    folder: join(folder, 'livy'),
    port,
    master: 'local[1]',
    allowed: join(folder, 'livy', 'files'),
    env: sparkEnvironment(settings),
    family,
    signal,
  });
  return { type, url, staging: STAGING };
}

/** The configuration of the demo with another engine in the place of `etl`; returns where it was written. */
export function withEngine(configFile: string, folder: string, etl: object): string {
  const config = parse(readFileSync(configFile, 'utf8')) as { pipelines: string[]; engines: object };
  const absolute = config.pipelines.map((pattern) => resolve(dirname(configFile), pattern));
  const file = join(folder, 'millrace.yaml');
  mkdirSync(folder, { recursive: true });
  // JSON is YAML. It may hold a token, of the stand-in.
  writeFileSync(
    file,
    JSON.stringify({ ...config, pipelines: absolute, engines: { ...config.engines, etl } }, null, 2),
  );
  return file;
}
