import { writeFileSync } from 'node:fs';

type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentOptions {
  temporal: string;
  namespace: string;
  aws: string;
  redshiftData: string;
  dataPipeline: string;
  webhook: string;
  /** A Temporal profile file of our own, or undefined when somebody else's Temporal is used. */
  profileFile: string | undefined;
}

/** What other programs need to talk to the stack: Temporal's and the AWS SDKs' own variables. */
export function stackEnvironment(options: EnvironmentOptions): Record<string, string> {
  const { temporal, namespace, aws, redshiftData, dataPipeline, webhook, profileFile } = options;
  return {
    TEMPORAL_ADDRESS: temporal,
    TEMPORAL_NAMESPACE: namespace,
    ...(profileFile !== undefined && { TEMPORAL_CONFIG_FILE: profileFile }),
    // Any service that isn't named: a call must never reach the real AWS.
    AWS_ENDPOINT_URL: aws,
    AWS_ENDPOINT_URL_S3: aws,
    AWS_ENDPOINT_URL_SQS: aws,
    AWS_ENDPOINT_URL_REDSHIFT_DATA: redshiftData,
    AWS_ENDPOINT_URL_DATA_PIPELINE: dataPipeline,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    ONCALL_URL: webhook,
  };
}

/** Without AWS's variables, whose profiles and tokens would win over ours; and without Temporal's, if asked. */
export function withoutAccounts(env: Environment, keepTemporal: boolean): NodeJS.ProcessEnv {
  const isOurs = (name: string) => !name.startsWith('AWS_') && (keepTemporal || !name.startsWith('TEMPORAL_'));
  return Object.fromEntries(Object.entries(env).filter(([name]) => isOurs(name)));
}

/** Takes the place of the user's own profile file, whose TLS settings or API key would be applied to our server. */
export function writeProfile(file: string, address: string, namespace: string): void {
  writeFileSync(file, `[profile.default]\naddress = "${address}"\nnamespace = "${namespace}"\n`);
}
