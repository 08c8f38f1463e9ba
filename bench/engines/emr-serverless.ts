import {
  CreateApplicationCommand,
  EMRServerlessClient,
  StartJobRunCommand,
} from '@aws-sdk/client-emr-serverless';
import { startEmr } from '../../emulators/emr/index.ts';
import { EmrServerlessEngine } from '../../src/engines/emr-serverless/engine.ts';
import type { WorkRef } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { newKey, type Start } from './counterpart.ts';
import { local } from './emr.ts';

/** Of an application that never comes up, so that its job runs wait. */
const FOREVER_MS = 86_400_000;
const ROLE = 'arn:aws:iam::000000000000:role/jobs';

/** Our stand-in for EMR Serverless, with an application that is on its way. */
export const emrServerless: Start = async () => {
  const standIn = await startEmr({ pace: { startMs: FOREVER_MS } });
  const client = new EMRServerlessClient(local(standIn.url));
  const create = new CreateApplicationCommand({ name: 'etl', type: 'SPARK', releaseLabel: 'emr-7.5.0' });
  const { applicationId: application = '' } = await client.send(create);
  return {
    name: 'emr-serverless (stand-in)',
    url: standIn.url,
    perPage: 50,
    engineAt: (url) =>
      new EmrServerlessEngine({
        client: new EMRServerlessClient(local(url)),
        store: createObjectStore({}),
        application,
        executionRole: ROLE,
        staging: 's3://lake/',
        logUri: 's3://lake/logs/',
        conf: {},
        dashboards: false,
        requestTimeoutMs: 30_000,
      }),
    async many(count) {
      const refs: WorkRef[] = [];
      const jobDriver = { sparkSubmit: { entryPoint: 's3://lake/none.py' } };
      while (refs.length < count) {
        const name = newKey();
        const request = { applicationId: application, executionRoleArn: ROLE, name, jobDriver };
        const { jobRunId: id = '' } = await client.send(new StartJobRunCommand(request));
        refs.push({ id, key: name });
      }
      return refs;
    },
    async close() {
      client.destroy();
      await standIn.stop();
    },
  };
};
