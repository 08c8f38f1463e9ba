import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { livyCommand } from '../../src/cli/stack/livy.ts';
import { freePorts } from '../../src/cli/stack/port.ts';
import { createLivyEngine, type LivyOptions } from '../../src/engines/livy/engine.ts';
import type { JobEngine, SparkSpec, WorkRef } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { newKey, type EngineWorld } from './engine.ts';

const SPARK_HOME = fileURLToPath(new URL('./spark-home', import.meta.url));

const { livy: jars } = JSON.parse(
  readFileSync(new URL('../../.millrace/tools.json', import.meta.url), 'utf8'),
) as { livy: string | null };

const SCRIPTS = {
  quick: 'echo one; echo two',
  // Ends with its file, also when nobody is left to stop it.
  slow: 'echo begins; while [ -e "$0" ]; do sleep 0.5; done',
  failing: `echo begins
echo 'Traceback (most recent call last):'
echo '  File "/tmp/job.py", line 8, in <module>'
echo 'pyspark.errors.exceptions.captured.AnalysisException: [UNRESOLVED_COLUMN] A column with name "delayy" cannot be resolved; line 1 pos 7;'
echo "'Project ['delayy]"
exit 1`,
  // More than Livy keeps, in two parts: the second comes once the first was seen.
  long: `seq 1 150; while [ ! -e "$1" ]; do sleep 0.1; done; seq 151 500`,
};

export interface LivyWorld extends EngineWorld {
  folder: string;
  url: string;
  engineWith(options: Partial<LivyOptions>): JobEngine;
  script(name: keyof typeof SCRIPTS, ...args: string[]): SparkSpec;
  /** kill -9, and the same server anew. */
  restart(): Promise<void>;
}

/** A real Livy, which starts a stand-in for Spark. */
export async function makeLivyWorld(): Promise<LivyWorld> {
  if (jars === null) throw new Error('there is no Livy here: run `npm run setup -- --test`, which says why');
  const folder = await mkdtemp(join(tmpdir(), 'millrace-livy-'));
  for (const [name, text] of Object.entries(SCRIPTS)) await writeFile(join(folder, `${name}.sh`), text);
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const start = () => startLivy(jars, folder, port);
  let server = await start();
  const kill = async () => {
    if (server.exitCode === null && server.signalCode === null && server.kill('SIGKILL'))
      await once(server, 'exit');
  };

  const engineWith = (options: Partial<LivyOptions>) =>
    createLivyEngine({
      name: 'etl',
      url,
      staging: join(folder, 'staging'),
      s3Scheme: 's3a',
      authorization: async () => undefined,
      conf: {},
      store: createObjectStore({}),
      requestTimeoutMs: 10_000,
      ...options,
    });
  const engine = engineWith({});
  const python = (file: string, ...args: string[]): SparkSpec => ({
    kind: 'spark',
    app: { form: 'python', python: `file://${file}` },
    arguments: args,
    conf: {},
    options: [],
  });
  const script: LivyWorld['script'] = (name, ...args) => python(join(folder, `${name}.sh`), ...args);

  return {
    folder,
    url,
    engine,
    engineWith,
    script,
    another: () => engineWith({}),
    quick: () => script('quick'),
    slow: () => script('slow'),
    refused: python('/of/somebody/else.py'),
    failing: { spec: script('failing'), message: /column with name "delayy" cannot be resolved/ },
    begun: async ({ key }: WorkRef) =>
      (existsSync(join(folder, 'begun')) ? readFileSync(join(folder, 'begun'), 'utf8') : '')
        .split('\n')
        .filter((line) => line === key).length,
    http: {
      upstream: url,
      engineAt: (at, { requestTimeoutMs = 10_000, secret } = {}) =>
        engineWith({
          url: at,
          requestTimeoutMs,
          ...(secret && { authorization: (anew: boolean) => secret(anew) }),
        }),
      isSubmission: ({ method, path }) => method === 'POST' && path === '/batches',
      refusal: (_, words) => ({ body: JSON.stringify({ msg: words }) }),
      many: { count: 300, requests: 1, make: (own, count) => makeMany(own, count, () => script('quick')) },
    },
    async restart() {
      await kill();
      server = await start();
    },
    async close() {
      await kill();
      await rm(folder, { recursive: true, maxRetries: 10 });
    },
  };
}

async function startLivy(jarsFolder: string, folder: string, port: number): Promise<ChildProcess> {
  const { command, args, env } = livyCommand({
    jars: jarsFolder,
    sparkHome: SPARK_HOME,
    folder: join(folder, 'livy'),
    port,
    master: 'local[1]',
    allowed: folder,
    env: process.env,
  });
  let said = '';
  const server = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => (said += text));
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/batches`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await answers())) {
    if (server.exitCode !== null) throw new Error(`Livy ended: ${said.slice(-1_000)}`);
    await sleep(50);
  }
  return server;
}

async function makeMany(engine: JobEngine, count: number, spec: () => SparkSpec): Promise<WorkRef[]> {
  const refs: WorkRef[] = [];
  const make = async () => {
    while (refs.length < count) {
      const key = newKey();
      // Takes its place before the wait, so that there are not more of them in the end.
      const at = refs.push({ id: '', key }) - 1;
      refs[at] = await untilTaken(() => engine.submit(spec(), key));
    }
  };
  await Promise.all(Array.from({ length: 8 }, make));
  return refs;
}

/** Livy takes only so many at a time, and says so. */
async function untilTaken(submit: () => Promise<WorkRef>): Promise<WorkRef> {
  for (;;) {
    try {
      return await submit();
    } catch (error) {
      if ((error as { type?: string }).type !== 'Throttled') throw error;
      await sleep(200);
    }
  }
}
