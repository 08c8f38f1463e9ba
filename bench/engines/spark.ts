import { join } from 'node:path';
import { freePorts, LOOPBACK } from '../../src/cli/stack/port.ts';
import { answers, untilReady } from '../../src/cli/stack/readiness.ts';
import { sparkCommands } from '../../src/cli/stack/spark.ts';
import { environment, foundTools } from '../../src/config.ts';
import { createSparkEngine } from '../../src/engines/spark/engine.ts';
import type { WorkRef } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { newKey, type Start } from './counterpart.ts';

/** Spark's own master, without workers: its drivers wait. */
export const spark: Start = async ({ folder, family }) => {
  const { spark: home, s3a } = foundTools();
  if (home === null || s3a === null)
    throw new Error('there is no Spark; run `npm run setup -- --test --spark`');
  const [master = 0, rest = 0, masterUi = 0, workerUi = 0] = await freePorts(4);
  const ports = { master, rest, masterUi, workerUi };
  const signal = new AbortController().signal;
  const commands = sparkCommands({
    home,
    s3a,
    folder: join(folder, 'spark'),
    ports,
    cores: 1,
    env: environment,
  });
  const url = `http://${LOOPBACK}:${masterUi}`;
  const leader = await family.start({ name: 'spark-master', ...commands.master });
  await untilReady(leader, signal, () => answers(`${url}/json/`));
  const submissions = `http://${LOOPBACK}:${rest}`;
  return {
    name: 'spark 3.5.9',
    url,
    engineAt: (ui) =>
      createSparkEngine({
        name: 'spark',
        url: submissions,
        ui,
        staging: join(folder, 'staging'),
        s3Scheme: 's3a',
        conf: {},
        store: createObjectStore({}),
        requestTimeoutMs: 30_000,
      }),
    async many(count) {
      const refs: WorkRef[] = [];
      while (refs.length < count) {
        const key = newKey();
        const answer = await fetch(`${submissions}/v1/submissions/create`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            action: 'CreateSubmissionRequest',
            clientSparkVersion: '3.5.9',
            mainClass: 'none',
            appResource: '',
            appArgs: [],
            environmentVariables: {},
            sparkProperties: { 'spark.app.name': key },
          }),
        });
        const said = (await answer.json()) as { submissionId?: string; message?: string };
        if (said.submissionId === undefined) throw new Error(`Spark took no driver: ${said.message}`);
        refs.push({ id: said.submissionId, key });
      }
      return refs;
    },
    close: async () => {},
  };
};
