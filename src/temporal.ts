import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import type { Environment } from './environment.ts';

/** Flags that name a Temporal, as the Temporal CLI has them. */
export interface TemporalFlags {
  address?: string;
  namespace?: string;
  profile?: string;
}

export interface TemporalTarget {
  options: NativeConnectionOptions & { address: string };
  namespace: string;
}

const DEFAULT_ADDRESS = 'localhost:7233';

/**
 * Which Temporal to talk to: flags, else environment and profile by envconfig's rules, else the address of a `millrace
 * dev` that runs, else `localhost:7233`. https://docs.temporal.io/develop/environment-configuration
 */
export function temporalTarget(
  flags: TemporalFlags,
  env: Environment,
  devAddress: () => string | undefined,
): TemporalTarget {
  const given = Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const { connectionOptions, namespace } = loadClientConnectConfig({
    overrideEnvVars: given,
    ...(flags.profile !== undefined && { profile: flags.profile }),
  });
  const address = flags.address ?? connectionOptions.address ?? devAddress() ?? DEFAULT_ADDRESS;
  return { options: { ...connectionOptions, address }, namespace: flags.namespace ?? namespace ?? 'default' };
}
