import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../src/cli/stack/port.ts';
import { startLivy } from '../../src/cli/stack/livy.ts';
import { environment, foundTools, packageRoot } from '../../src/config.ts';
import { createLivyEngine } from '../../src/engines/livy/engine.ts';
import type { WorkRef } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { post } from './command.ts';
import { newKey, type RunningCounterpart, type Start } from './counterpart.ts';

const AT_ONCE = 8;

/** Apache Livy itself, which starts a stand-in for `spark-submit` that runs scripts. */
export const livy: Start<RunningCounterpart> = async ({ folder, family }) => {
  const { livy: jars } = foundTools();
  if (jars === null) throw new Error('there is no Livy; run `npm run setup -- --test`');
  const [port = 0] = await freePorts(1);
  const files = join(folder, 'livy-files');
  mkdirSync(files, { recursive: true });
  const url = await startLivy({
    jars,
    sparkHome: join(packageRoot(), 'test', 'contract', 'spark-home'),
    folder: join(folder, 'livy'),
    port,
    master: 'local[1]',
    allowed: files,
    env: environment,
    family,
    signal: new AbortController().signal,
  });
  const engineAt = (at: string) =>
    createLivyEngine({
      name: 'livy',
      url: at,
      staging: join(files, 'staging'),
      s3Scheme: 's3a',
      authorization: async () => undefined,
      conf: {},
      store: createObjectStore({}),
      requestTimeoutMs: 30_000,
    });
  let scripts = 0;
  const fileOf = (script: string): string => {
    const file = join(files, `${(scripts += 1)}.sh`);
    writeFileSync(file, script);
    return `file://${file}`;
  };
  const create = async (body: object): Promise<number> => {
    for (;;) {
      const answer = await fetch(`${url}/batches`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (answer.ok) return ((await answer.json()) as { id: number }).id;
      const words = await answer.text();
      // It starts only so many at a time.
      if (!/too many/i.test(words)) throw new Error(`Livy took no batch: ${words}`);
      await sleep(200);
    }
  };
  return {
    name: 'livy 0.7.1',
    url,
    engineAt,
    async many(count) {
      const file = fileOf('true');
      const refs: WorkRef[] = [];
      const make = async () => {
        for (let left = count / AT_ONCE; left > 0; left -= 1) {
          const name = newKey();
          refs.push({ id: String(await create({ file, name })), key: name });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, make));
      return refs.slice(0, count);
    },
    job: async (script) => ({
      kind: 'spark',
      app: { form: 'python', python: fileOf(script) },
      arguments: [],
      conf: {},
      options: [],
    }),
    clients: {
      curl: (script) => post(`${url}/batches`, { file: fileOf(script), name: newKey() }),
    },
    close: async () => {},
  };
};
