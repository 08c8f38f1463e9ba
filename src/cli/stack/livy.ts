import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildOptions } from './child.ts';
import type { Family } from './family.ts';
import { LOOPBACK } from './port.ts';
import { answers, untilReady } from './readiness.ts';

export interface LivySettings {
  /** The folder of Livy's jars, as set-up found it. */
  jars: string;
  /** Whose `bin/spark-submit` it starts. */
  sparkHome: string;
  /** Of its own: configuration and logs. */
  folder: string;
  port: number;
  /** What Spark calls a master: `local[2]`, `spark://…`. */
  master: string;
  /** The folder that jobs may be started from; nothing else on this machine may be. */
  allowed: string;
  env: NodeJS.ProcessEnv;
}

const LOGGING = `log4j.rootCategory=WARN, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{HH:mm:ss} %p %c{1}: %m%n
`;

/** Writes the configuration of an Apache Livy, and says how to start it. */
export function livyCommand(settings: LivySettings): Pick<ChildOptions, 'command' | 'args' | 'env'> {
  const { jars, sparkHome, folder, port, master, allowed, env } = settings;
  const conf = join(folder, 'conf');
  mkdirSync(conf, { recursive: true });
  // It insists on this one.
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const lines = [
    `livy.server.host = ${LOOPBACK}`,
    `livy.server.port = ${port}`,
    `livy.spark.master = ${master}`,
    `livy.file.local-dir-whitelist = ${allowed.replace(/\/*$/, '/')}`,
  ];
  writeFileSync(join(conf, 'livy.conf'), `${lines.join('\n')}\n`);
  writeFileSync(join(conf, 'log4j.properties'), LOGGING);
  return {
    command: 'java',
    args: ['-Xmx256m', '-cp', `${conf}:${join(jars, '*')}`, 'org.apache.livy.server.LivyServer'],
    env: { ...env, LIVY_HOME: folder, LIVY_CONF_DIR: conf, SPARK_HOME: sparkHome },
  };
}

/** Starts an Apache Livy of its own; resolves with its URL when it answers. */
export async function startLivy(
  settings: LivySettings & { family: Family; signal: AbortSignal },
): Promise<string> {
  const { family, port, signal } = settings;
  const url = `http://${LOOPBACK}:${port}`;
  const server = await family.start({ name: 'livy', ...livyCommand(settings) });
  await untilReady(server, signal, () => answers(`${url}/batches?size=1`));
  return url;
}
