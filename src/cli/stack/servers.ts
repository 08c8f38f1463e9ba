import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startEmulator } from './emulator.ts';
import { stackEnvironment, withoutAccounts, writeProfile } from './environment.ts';
import type { Family } from './family.ts';
import { startMinistack } from './ministack.ts';
import { freePorts, LOOPBACK } from './port.ts';
import type { StackOptions } from './stack.ts';
import { startTemporal } from './temporal.ts';

export interface Endpoints {
  temporal: string;
  /** Null where Temporal isn't ours. */
  ui: string | null;
  s3: string;
  sqs: string;
  redshiftData: string;
  dataPipeline: string;
  webhook: string;
}

/** How all that a worker talks to is reached. */
export interface Servers {
  endpoints: Endpoints;
  warehouse: { workgroup: string; database: string };
  /** The database behind the Redshift stand-in, for programs that talk to it directly. */
  redshift: { jdbc: string; user: string; password: string };
  namespace: string;
  /** What other programs need. */
  env: Record<string, string>;
}

export interface ServersOptions extends StackOptions {
  family: Family;
  webhook: string;
  signal: AbortSignal;
}

/** Starts them side by side; when one fails the others are given up. */
export async function startServers(options: ServersOptions): Promise<Servers> {
  const { env, family, folder, persist, root, tools, webhook } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const [port = 0, uiPort = 0, awsPort = 0, redshiftPort = 0, dataPipelinePort = 0] = await freePorts(5);
  const url = (number: number) => `http://${LOOPBACK}:${number}`;

  const given = env['TEMPORAL_ADDRESS'];
  const temporal = given ?? `${LOOPBACK}:${port}`;
  const namespace = (given && env['TEMPORAL_NAMESPACE']) || 'default';
  const profileFile = given === undefined ? join(folder, 'temporal.toml') : undefined;
  if (profileFile !== undefined) writeProfile(profileFile, temporal, namespace);

  const endpoints: Endpoints = {
    temporal,
    ui: given === undefined ? url(uiPort) : null,
    s3: url(awsPort),
    sqs: url(awsPort),
    redshiftData: url(redshiftPort),
    dataPipeline: url(dataPipelinePort),
    webhook,
  };
  const stackEnv = stackEnvironment({ endpoints, namespace, profileFile });
  const childEnv = { ...withoutAccounts(env, given !== undefined), ...stackEnv };
  const dataFolder = persist ? join(folder, 'data') : undefined;
  if (dataFolder !== undefined) mkdirSync(dataFolder, { recursive: true });
  const common = { family, env: childEnv, signal };
  const main = join(root, 'dist', 'emulators', 'main.js');
  const redshiftFolder = dataFolder && join(dataFolder, 'redshift');

  const giveUp = (error: unknown) => {
    failed.abort(error);
    throw error;
  };
  const started = await Promise.allSettled([
    startEmulator({ ...common, main, name: 'redshift-data', port: redshiftPort, dataFolder: redshiftFolder }).catch(giveUp),
    startEmulator({ ...common, main, name: 'data-pipeline', port: dataPipelinePort }).catch(giveUp),
    startMinistack({ ...common, executable: found(tools, 'ministack'), port: awsPort, dataFolder }).catch(giveUp),
    given ?? startTemporal({ ...common, executable: found(tools, 'temporal'), port, uiPort, dataFolder }).catch(giveUp),
  ]);
  // The one that failed first is the cause of the others' end.
  if (failed.signal.aborted) throw failed.signal.reason;
  const [redshift] = started;
  if (redshift.status === 'rejected') throw redshift.reason;
  const { workgroup = '', database = '', jdbc = '', user = '', password = '' } = redshift.value;
  return {
    endpoints,
    warehouse: { workgroup, database },
    redshift: { jdbc, user, password },
    namespace,
    env: stackEnv,
  };
}

function found(tools: StackOptions['tools'], name: keyof StackOptions['tools']): string {
  const path = tools[name];
  if (path === null) throw new Error(`${name} is not installed in this clone; run \`npm run setup\``);
  return path;
}
