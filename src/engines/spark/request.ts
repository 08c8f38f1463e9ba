import { EtlError } from '../../domain/failure.ts';
import type { JobSpec, SparkApp } from '../../ports.ts';
import { programName, programOfScript, programOfSql } from '../spark-program.ts';
import type { Staging } from '../staging.ts';

/** The body of `POST /v1/submissions/create`. */
export interface CreateRequest {
  action: 'CreateSubmissionRequest';
  appResource: string;
  mainClass: string;
  appArgs: string[];
  clientSparkVersion: string;
  environmentVariables: Record<string, string>;
  sparkProperties: Record<string, string>;
}

export interface RequestOptions {
  name: string;
  staging: Staging;
  s3Scheme: 's3' | 's3a';
  conf: Record<string, string>;
}

/** What Spark needs to be let at on Java 17; a Java that doesn't know it ignores it. */
const JAVA_OPTIONS = [
  '-XX:+IgnoreUnrecognizedVMOptions',
  ...[
    'java.lang',
    'java.lang.invoke',
    'java.lang.reflect',
    'java.io',
    'java.net',
    'java.nio',
    'java.util',
    'java.util.concurrent',
    'java.util.concurrent.atomic',
    'jdk.internal.ref',
    'sun.nio.ch',
    'sun.nio.cs',
    'sun.security.action',
    'sun.util.calendar',
  ].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
].join(' ');

/**
 * What the master is asked for: a driver that is `spark-submit` in client mode. So a job is the same wherever it is Python
 * or a jar, and has the worker's own `spark-defaults.conf`; the REST server by itself takes jars only.
 */
export async function requestOf(
  spec: JobSpec,
  key: string,
  master: string,
  options: RequestOptions,
): Promise<CreateRequest> {
  const { name, staging, s3Scheme } = options;
  if (spec.kind !== 'sql' && spec.kind !== 'spark')
    throw new EtlError('Rejected', `engine ${name}: Spark can't run ${spec.kind}`);
  const conf: Record<string, string> = { ...options.conf, ...(spec.kind === 'spark' && spec.conf) };
  const staged = async (text: string) => [await staging.put(key, programName(text), text)];
  const program =
    spec.kind === 'sql'
      ? await staged(programOfSql(spec, s3Scheme))
      : await applicationOf(spec.app, options, staged);
  const { 'spark.driver.extraJavaOptions': javaOptions = '', 'spark.master': ownMaster = master } = conf;
  const ofDriver = Object.entries(conf).filter(([property]) => property.startsWith('spark.driver.'));
  return {
    action: 'CreateSubmissionRequest',
    appResource: '',
    mainClass: 'org.apache.spark.deploy.SparkSubmit',
    appArgs: [
      ...['--master', ownMaster, '--deploy-mode', 'client', '--name', key],
      ...Object.entries(conf).flatMap(([property, value]) => ['--conf', `${property}=${value}`]),
      ...(spec.kind === 'spark' ? spec.options : []),
      ...program,
      ...(spec.kind === 'spark' ? spec.arguments : []),
    ],
    clientSparkVersion: '3.5.9',
    environmentVariables: {},
    sparkProperties: {
      ...Object.fromEntries(ofDriver),
      'spark.app.name': key,
      'spark.driver.extraJavaOptions': `${JAVA_OPTIONS} ${javaOptions}`.trim(),
    },
  };
}

async function applicationOf(
  app: SparkApp,
  { name, staging }: RequestOptions,
  staged: (text: string) => Promise<string[]>,
): Promise<string[]> {
  switch (app.form) {
    case 'sql':
      return staged(programOfScript(app.sql));
    case 'python':
      return [staging.url(app.python)];
    case 'jar':
      return ['--class', app.mainClass, staging.url(app.jar)];
    default:
      throw new EtlError('Rejected', `engine ${name}: Spark takes no ${app.form}`);
  }
}
