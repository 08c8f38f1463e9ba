import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createSparkEngine, type SparkOptions } from '../../src/engines/spark/engine.ts';
import type { JobEngine, SparkSpec, WorkRef } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { newKey, type EngineWorld } from '../contract/engine.ts';
import { startCluster, type SparkCluster } from './spark-cluster.ts';

const SCRIPTS = {
  quick: 'echo one; echo two',
  // Ends with its file, also when nobody is left to stop it.
  slow: 'echo begins; while [ -e "$0" ]; do sleep 0.5; done',
  failing: `echo begins
{
echo 'Traceback (most recent call last):'
echo '  File "/tmp/job.py", line 8, in <module>'
echo 'pyspark.errors.exceptions.captured.AnalysisException: [UNRESOLVED_COLUMN] A column with name "delayy" cannot be resolved; line 1 pos 7;'
echo "'Project ['delayy]"
} >&2
exit 1`,
};

export interface SparkWorld extends EngineWorld {
  folder: string;
  cluster: SparkCluster;
  engineWith(options: Partial<SparkOptions>): JobEngine;
  script(name: keyof typeof SCRIPTS): SparkSpec;
}

/** A real master and worker, whose drivers are shell scripts. */
export async function makeSparkWorld(): Promise<SparkWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-spark-'));
  for (const [name, text] of Object.entries(SCRIPTS)) await writeFile(join(folder, `${name}.sh`), text);
  const cluster = await startCluster({ folder, cores: 8, standIn: true });
  const engineWith = (options: Partial<SparkOptions>) =>
    createSparkEngine({
      name: 'etl',
      url: cluster.url,
      ui: cluster.url,
      staging: join(folder, 'staging'),
      s3Scheme: 's3a',
      conf: { 'spark.driver.memory': '64m' },
      store: createObjectStore({}),
      requestTimeoutMs: 5_000,
      ...options,
    });
  const script = (name: keyof typeof SCRIPTS): SparkSpec => ({
    kind: 'spark',
    app: { form: 'python', python: join(folder, `${name}.sh`) },
    arguments: [],
    conf: {},
    options: [],
  });
  return {
    folder,
    cluster,
    engine: engineWith({}),
    engineWith,
    script,
    another: () => engineWith({}),
    quick: () => script('quick'),
    slow: () => script('slow'),
    refused: { kind: 'shell', script: 'true', env: {} },
    failing: { spec: script('failing'), message: /column with name "delayy" cannot be resolved/ },
    begun: async ({ key }: WorkRef) =>
      (existsSync(join(folder, 'begun')) ? readFileSync(join(folder, 'begun'), 'utf8') : '')
        .split('\n')
        .filter((line) => line === key).length,
    http: {
      upstream: cluster.url,
      engineAt: (url, { requestTimeoutMs = 5_000 } = {}) => engineWith({ url, ui: url, requestTimeoutMs }),
      isSubmission: ({ method, path }) => method === 'POST' && path === '/v1/submissions/create',
      // The master forgets what ended 200 drivers ago.
      many: {
        count: 120,
        requests: 1,
        make: (engine, count) => makeMany(engine, count, () => script('quick')),
      },
    },
    async close() {
      await cluster.stop();
      await rm(folder, { recursive: true, maxRetries: 10 });
    },
  };
}

async function makeMany(engine: JobEngine, count: number, spec: () => SparkSpec): Promise<WorkRef[]> {
  const refs: WorkRef[] = [];
  for (let made = 0; made < count; made += 10)
    refs.push(...(await Promise.all(Array.from({ length: 10 }, () => engine.submit(spec(), newKey())))));
  return refs;
}
