import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporalTarget } from '../../temporal.ts';
import { CliError } from '../error.ts';
import { startEmulator } from './emulator.ts';
import { childEnvironment, given, stackEnvironment, writeProfile } from './environment.ts';
import type { Family } from './family.ts';
import { startMinistack } from './ministack.ts';
import { watchBuckets } from './new-data.ts';
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

  const executables = {
    ministack: found(tools, 'ministack'),
    temporal: given(env) ? '' : found(tools, 'temporal'),
  };
  const profileFile = given(env) ? undefined : join(folder, 'temporal.toml');
  const temporal = given(env) ?? `${LOOPBACK}:${port}`;
  const namespace = given(env) ? temporalTarget({}, env, () => undefined).namespace : 'default';
  if (profileFile !== undefined) writeProfile(profileFile, temporal, namespace);

  const endpoints: Endpoints = {
    temporal,
    ui: given(env) ? null : url(uiPort),
    s3: url(awsPort),
    sqs: url(awsPort),
    redshiftData: url(redshiftPort),
    dataPipeline: url(dataPipelinePort),
    webhook,
  };
  const dataFolder = persist ? join(folder, 'data') : undefined;
  if (dataFolder !== undefined) mkdirSync(dataFolder, { recursive: true });
  const state = join(dataFolder ?? folder, 'state');
  // Runs that are forgotten with the stack leave nothing that a later one could take for its own.
  if (!persist) rmSync(state, { recursive: true, force: true, maxRetries: 10 });
  const stackEnv = stackEnvironment({ folder, state, endpoints, namespace, profileFile });
  const common = { family, env: childEnvironment(env, stackEnv), signal };
  const main = join(root, 'dist', 'emulators', 'main.js');
  const redshiftFolder = dataFolder && join(dataFolder, 'redshift');

  const giveUp = (error: unknown) => {
    failed.abort(error);
    throw error;
  };
  const started = [
    startEmulator({
      ...common,
      main,
      name: 'redshift-data',
      port: redshiftPort,
      dataFolder: redshiftFolder,
    }).catch(giveUp),
    startEmulator({ ...common, main, name: 'data-pipeline', port: dataPipelinePort }).catch(giveUp),
    startMinistack({ ...common, executable: executables.ministack, port: awsPort, dataFolder }).catch(giveUp),
    given(env) ??
      startTemporal({ ...common, executable: executables.temporal, port, uiPort, dataFolder }).catch(giveUp),
  ] as const;
  await Promise.allSettled(started);
  // The one that failed first is the cause of the others' end.
  if (failed.signal.aborted) throw failed.signal.reason;
  const [redshift] = await Promise.all(started);
  if (options.newData !== undefined)
    stackEnv['MILLRACE_QUEUE'] = await watchBuckets(endpoints.s3, await options.newData());
  const { workgroup = '', database = '', jdbc = '', user = '', password = '' } = redshift;
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
  if (path === null)
    throw new CliError('StackFailed', `${name} is not installed here`, 'run `npm run setup`', {
      exitCode: 3,
    });
  return path;
}
