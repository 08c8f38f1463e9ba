import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { freePorts } from '../../src/cli/stack/port.ts';
import { sparkCommands, type SparkPorts, type SparkSettings } from '../../src/cli/stack/spark.ts';

const tools = JSON.parse(readFileSync(new URL('../../.millrace/tools.json', import.meta.url), 'utf8')) as {
  spark?: string | null;
  s3a?: string | null;
  livy?: string | null;
};

/** What set-up found. */
export function installed(): { spark: string; s3a: string; livy: string } {
  const { spark, s3a, livy } = tools;
  if (!spark || !s3a || !livy) throw new Error('there is no Spark here: run `npm run setup -- --spark`');
  return { spark, s3a, livy };
}

export interface SparkCluster {
  /** One URL for both the REST server and the web UI, as behind a proxy. */
  url: string;
  /** kill -9 of the master. */
  killMaster(): Promise<void>;
  startMaster(): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  folder: string;
  cores: number;
  s3?: SparkSettings['s3'];
  /** Runs drivers as shell scripts. */
  standIn?: boolean;
}

/** A real master and a real worker. */
export async function startCluster({
  folder,
  cores,
  s3,
  standIn = false,
}: ClusterOptions): Promise<SparkCluster> {
  const { spark: home, s3a } = installed();
  const [master = 0, rest = 0, masterUi = 0, workerUi = 0] = await freePorts(4);
  const ports: SparkPorts = { master, rest, masterUi, workerUi };
  const env = { ...process.env, ...(standIn && standInJava()) };
  const commands = sparkCommands({
    home,
    s3a,
    folder: join(folder, 'spark'),
    ports,
    cores,
    env,
    ...(s3 && { s3 }),
  });
  const processes = new Set<ChildProcess>();
  let said = '';
  const start = (name: 'master' | 'worker'): ChildProcess => {
    const { command, args, env: own } = commands[name];
    const child = spawn(command, args, { env: own, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    processes.add(child);
    return child;
  };
  const kill = async (child: ChildProcess) => {
    processes.delete(child);
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL'))
      await once(child, 'exit');
  };
  const state = async (): Promise<{ status?: string; aliveworkers?: number }> => {
    const answer = await fetch(`http://127.0.0.1:${masterUi}/json/`).catch(() => undefined);
    if (answer) return (await answer.json()) as { status: string };
    if ([...processes].some(({ exitCode }) => exitCode !== null))
      throw new Error(`it ended: ${said.slice(-2_000)}`);
    return {};
  };
  const until = async (isReady: (now: Awaited<ReturnType<typeof state>>) => boolean) => {
    while (!isReady(await state())) await sleep(100);
  };

  let leader = start('master');
  await until(({ status }) => status === 'ALIVE');
  start('worker');
  await until(({ aliveworkers = 0 }) => aliveworkers > 0);
  const front = await startFront((path) => (path.startsWith('/v1/') ? rest : masterUi));
  return {
    url: front.url,
    killMaster: () => kill(leader),
    async startMaster() {
      leader = start('master');
      await until(({ status, aliveworkers = 0 }) => status === 'ALIVE' && aliveworkers > 0);
    },
    async stop() {
      await front.close();
      // The worker ends its drivers when it is asked to end.
      for (const child of processes) child.kill('SIGTERM');
      await Promise.all(
        [...processes].map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')),
      );
    },
  };
}

/** The worker starts drivers with this Java, which has a shell run them. */
const standInJava = (): Record<string, string> => ({
  JAVA_HOME: fileURLToPath(new URL('./java-home', import.meta.url)),
  MILLRACE_JAVA: execFileSync('sh', ['-c', 'command -v java'], { encoding: 'utf8' }).trim(),
});

async function startFront(
  portOf: (path: string) => number,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((incoming, response) => {
    const { method, url: path = '/', headers } = incoming;
    const outgoing = request({ host: '127.0.0.1', port: portOf(path), method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
