import { writeFileSync } from 'node:fs';
import type { Endpoints } from './servers.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentOptions {
  /** The stack's own: its worker keeps the jobs of engines there. */
  folder: string;
  /** Where its runs leave their records. */
  state: string;
  endpoints: Endpoints;
  namespace: string;
  /** A Temporal profile file of our own, or undefined where Temporal isn't ours. */
  profileFile: string | undefined;
}

/** The Temporal that is to be used instead of one of our own. */
export const given = (env: Environment): string | undefined => env['TEMPORAL_ADDRESS'] || undefined;

/** What other programs need to talk to the stack: Temporal's and the AWS SDKs' own variables. */
export function stackEnvironment({
  folder,
  state,
  endpoints,
  namespace,
  profileFile,
}: EnvironmentOptions): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: endpoints.temporal,
    TEMPORAL_NAMESPACE: namespace,
    ...(profileFile !== undefined && { TEMPORAL_CONFIG_FILE: profileFile }),
    // Any service that isn't named: a call must never reach the real AWS.
    AWS_ENDPOINT_URL: endpoints.s3,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_SNS: endpoints.sqs,
    AWS_ENDPOINT_URL_REDSHIFT_DATA: endpoints.redshiftData,
    AWS_ENDPOINT_URL_DATA_PIPELINE: endpoints.dataPipeline,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    ONCALL_URL: endpoints.webhook,
    MILLRACE_FOLDER: folder,
    MILLRACE_STATE: state,
    // Never a queue of the configuration: that one is in AWS.
    MILLRACE_QUEUE: '',
  };
}

/**
 * The environment of our processes: ours without AWS's variables, whose profiles and tokens would win over the
 * stack's, and without Temporal's unless they say which one to use.
 */
export function childEnvironment(env: Environment, stackEnv: Record<string, string>): NodeJS.ProcessEnv {
  const isKept = (name: string) =>
    !name.startsWith('AWS_') && (given(env) !== undefined || !name.startsWith('TEMPORAL_'));
  const kept = Object.entries(env).filter(([name]) => isKept(name));
  // Each AWS client warns at its start that a later SDK will want a newer Node.
  const quiet = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  return { ...Object.fromEntries(kept), ...quiet, ...stackEnv };
}

/** Takes the place of the user's own profile file, whose TLS settings or API key would be applied to our server. */
export function writeProfile(file: string, address: string, namespace: string): void {
  writeFileSync(file, `[profile.default]\naddress = "${address}"\nnamespace = "${namespace}"\n`);
}
