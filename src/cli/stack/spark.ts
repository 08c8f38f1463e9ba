import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildOptions } from './child.ts';
import type { Family } from './family.ts';
import { LOOPBACK } from './port.ts';
import { answers, untilReady } from './readiness.ts';

export interface SparkPorts {
  master: number;
  /** Of the server that takes submissions. */
  rest: number;
  masterUi: number;
  workerUi: number;
}

export interface SparkSettings {
  /** Spark's home and the folder of jars that it reads S3 with, as set-up found them. */
  home: string;
  s3a: string;
  /** Of its own: configuration, logs, what jobs leave. */
  folder: string;
  /** A local S3. */
  s3?: { endpoint: string; accessKeyId: string; secretAccessKey: string };
  env: NodeJS.ProcessEnv;
}

type Command = Pick<ChildOptions, 'command' | 'args' | 'env'>;

/** Quiet, and with one line for what goes wrong. */
const LOGGING = `rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
`;

/**
 * Writes the configuration that every Spark process here reads, and gives their environment: S3 as Hadoop calls it, memory
 * and threads for a small machine.
 *
 * https://hadoop.apache.org/docs/r3.3.4/hadoop-aws/tools/hadoop-aws/index.html
 */
export function sparkEnvironment(
  settings: SparkSettings,
  more: Record<string, string> = {},
): NodeJS.ProcessEnv {
  const { home, s3a, folder, s3, env } = settings;
  const conf = join(folder, 'conf');
  mkdirSync(conf, { recursive: true });
  const properties: Record<string, string> = {
    'spark.ui.enabled': 'false',
    'spark.driver.memory': '512m',
    'spark.executor.memory': '512m',
    'spark.executor.cores': '1',
    'spark.cores.max': '1',
    'spark.sql.shuffle.partitions': '2',
    'spark.sql.warehouse.dir': join(folder, 'warehouse'),
    ...(s3 && {
      'spark.hadoop.fs.s3a.endpoint': s3.endpoint,
      'spark.hadoop.fs.s3a.access.key': s3.accessKeyId,
      'spark.hadoop.fs.s3a.secret.key': s3.secretAccessKey,
      'spark.hadoop.fs.s3a.path.style.access': 'true',
      'spark.hadoop.fs.s3a.connection.ssl.enabled': 'false',
      'spark.hadoop.fs.s3a.endpoint.region': 'us-east-1',
    }),
    ...more,
  };
  const lines = Object.entries(properties).map(([name, value]) => `${name} ${value}\n`);
  writeFileSync(join(conf, 'spark-defaults.conf'), lines.join(''));
  writeFileSync(join(conf, 'log4j2.properties'), LOGGING);
  return {
    ...env,
    SPARK_HOME: home,
    SPARK_CONF_DIR: conf,
    SPARK_LOCAL_IP: LOOPBACK,
    SPARK_DIST_CLASSPATH: join(s3a, '*'),
    SPARK_DAEMON_MEMORY: '256m',
    // The one of the environment that Spark was installed into.
    PYSPARK_PYTHON: join(home, '../../../../bin/python'),
  };
}

/** How a standalone master and its one worker are started. The master comes back with its drivers after its death. */
export function sparkCommands(settings: SparkSettings & { ports: SparkPorts; cores: number }): {
  master: Command;
  worker: Command;
} {
  const { home, folder, ports, cores } = settings;
  const env = {
    ...sparkEnvironment(settings, {
      'spark.master.rest.enabled': 'true',
      'spark.master.rest.port': String(ports.rest),
    }),
    SPARK_DAEMON_JAVA_OPTS: `-Dspark.deploy.recoveryMode=FILESYSTEM -Dspark.deploy.recoveryDirectory=${join(folder, 'recovery')}`,
  };
  const command = join(home, 'bin', 'spark-class');
  const deploy = 'org.apache.spark.deploy';
  const at = ['--host', LOOPBACK];
  return {
    master: {
      command,
      args: [
        `${deploy}.master.Master`,
        ...at,
        '--port',
        String(ports.master),
        '--webui-port',
        String(ports.masterUi),
      ],
      env,
    },
    worker: {
      command,
      args: [
        `${deploy}.worker.Worker`,
        ...at,
        '--webui-port',
        String(ports.workerUi),
        '--cores',
        String(cores),
        '--memory',
        '8g',
        '--work-dir',
        join(folder, 'work'),
        `spark://${LOOPBACK}:${ports.master}`,
      ],
      env,
    },
  };
}

/** Starts a standalone Spark of its own; resolves with its URLs when a worker has come to its master. */
export async function startSpark(
  settings: Parameters<typeof sparkCommands>[0] & { family: Family; signal: AbortSignal },
): Promise<{ url: string; ui: string }> {
  const { family, ports, signal } = settings;
  const { master, worker } = sparkCommands(settings);
  const ui = `http://${LOOPBACK}:${ports.masterUi}`;
  const leader = await family.start({ name: 'spark-master', ...master });
  await untilReady(leader, signal, () => answers(`${ui}/json/`));
  const follower = await family.start({ name: 'spark-worker', ...worker });
  await untilReady(follower, signal, async () => {
    const answer = await fetch(`${ui}/json/`, { signal: AbortSignal.timeout(2_000) });
    const { aliveworkers = 0 } = (await answer.json()) as { aliveworkers?: number };
    return aliveworkers > 0;
  });
  return { url: `http://${LOOPBACK}:${ports.rest}`, ui };
}
