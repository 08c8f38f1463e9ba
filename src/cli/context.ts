import { Client, Connection } from '@temporalio/client';
import type { Command } from 'commander';
import { environment, loadConfiguration, type Configuration } from '../config.ts';
import { temporalTarget, type TemporalFlags, type TemporalTarget } from '../temporal.ts';
import { CliError } from './error.ts';
import { say } from './output.ts';
import { runningDev, type Announcement } from './stack/running.ts';

export interface CommonFlags extends TemporalFlags {
  json?: boolean;
  config?: string;
}

/** The flags that every command that talks to Temporal has. */
export const withTemporal = (command: Command): Command =>
  withConfig(command)
    .option(
      '--address <host:port>',
      "Temporal's address (else TEMPORAL_ADDRESS, a profile, or a running dev stack)",
    )
    .option('--namespace <name>', "Temporal's namespace")
    .option('--profile <name>', "a profile of Temporal's own configuration file");

export const withConfig = (command: Command): Command =>
  command
    .option(
      '--config <file>',
      'the configuration (else MILLRACE_CONFIG, else the nearest millrace.yaml upward)',
    )
    .option('--json', 'results as JSON on stdout, everything else on stderr');

/** The configuration, or the errors in it, all at once. */
export async function configuration(flags: CommonFlags): Promise<Configuration> {
  const { configuration, problems } = await loadConfiguration(flags.config);
  if (configuration) return configuration;
  const [first] = problems;
  if (!first) {
    throw new CliError(
      'NoConfiguration',
      'there is no millrace.yaml here or above',
      'make one, or name it by --config',
    );
  }
  const lines = problems.map(
    ({ file, line, column, message, fix }) => `${file}:${line}:${column}: ${message}; ${fix}`,
  );
  throw new CliError('BadConfiguration', lines.join('\n'), 'see all by `millrace validate FILE`', {
    extra: { problems },
  });
}

/** The dev stack whose address is used because nothing else names one. */
export interface Temporal {
  target: TemporalTarget;
  dev: Announcement | undefined;
}

/** Which Temporal to talk to, by the order that the docs give. */
export function temporal(flags: TemporalFlags, folder: string): Temporal {
  const dev = runningDev(folder);
  let usesDev = false;
  const target = named(() =>
    temporalTarget(flags, environment, () => {
      usesDev = dev !== undefined;
      return dev?.address;
    }),
  );
  if (usesDev) say(`using the local stack at ${target.options.address} (millrace dev, process ${dev?.pid})`);
  return { target, dev: dev?.address === target.options.address ? dev : undefined };
}

/** The profile, or what its file has wrong. */
function named(read: () => TemporalTarget): TemporalTarget {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError('BadConfiguration', why, 'see --profile, TEMPORAL_PROFILE and TEMPORAL_CONFIG_FILE');
  }
}

export interface Connected extends Temporal {
  client: Client;
  close(): Promise<void>;
}

/** A client, or exit code 3 with what to do. */
export async function connect(flags: TemporalFlags, folder: string): Promise<Connected> {
  const found = temporal(flags, folder);
  const { options, namespace } = found.target;
  try {
    const connection = await Connection.connect({ ...options, connectTimeout: '5s' });
    return { ...found, client: new Client({ connection, namespace }), close: () => connection.close() };
  } catch (error) {
    throw cantReach(options.address, error);
  }
}

export function cantReach(address: string, error: unknown): CliError {
  const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  // A worker's connection tells the cause within the names of its own types.
  const why = /message: "([^"]+)"/.exec(text)?.[1] ?? text;
  return new CliError(
    'Unreachable',
    `can't reach Temporal at ${address} (${why})`,
    'start one with `millrace dev`, or name yours by --address or TEMPORAL_ADDRESS',
    { exitCode: 3 },
  );
}

/** The page of a run in Temporal's web UI, where we know where that is. */
export function pageOf({ target, dev }: Temporal, workflowId: string, runId: string): string | null {
  const { namespace, options } = target;
  const cloud = options.address.includes('.tmprl.cloud') || options.address.includes('.api.temporal.io');
  const ui = dev?.ui ?? (cloud ? 'https://cloud.temporal.io' : null);
  return ui && `${ui}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;
}
