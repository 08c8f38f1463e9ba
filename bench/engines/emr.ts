import { AddJobFlowStepsCommand, EMRClient, RunJobFlowCommand } from '@aws-sdk/client-emr';
import { startEmr } from '../../emulators/emr/index.ts';
import { awsRequests } from '../../src/aws-requests.ts';
import { EmrEngine } from '../../src/engines/emr/engine.ts';
import type { WorkRef } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { newKey, type Start } from './counterpart.ts';

/** Of clusters that never come up, so that their steps wait. */
const FOREVER_MS = 86_400_000;
/** A cluster takes 256 that wait or run. */
const STEPS_OF_A_CLUSTER = 250;
const LAUNCH = {
  Name: 'etl',
  ReleaseLabel: 'emr-7.5.0',
  ServiceRole: 'EMR_DefaultRole',
  JobFlowRole: 'EMR_EC2_DefaultRole',
  Instances: { MasterInstanceType: 'm5.xlarge', InstanceCount: 1, KeepJobFlowAliveWhenNoSteps: true },
};

/** What the AWS SDK needs to talk to a stand-in. */
export const local = (endpoint: string) => ({
  ...awsRequests(30_000),
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

/** Our stand-in for EMR, with clusters that are on their way. */
export const emr: Start = async () => {
  const standIn = await startEmr({ pace: { startMs: FOREVER_MS } });
  const client = new EMRClient(local(standIn.url));
  return {
    name: 'emr (stand-in)',
    url: standIn.url,
    perPage: 50,
    engineAt: (url) =>
      new EmrEngine({
        name: 'emr',
        client: new EMRClient(local(url)),
        store: createObjectStore({}),
        cluster: 'etl',
        idleTimeoutMs: 60_000,
        staging: 's3://lake/',
        requestTimeoutMs: 30_000,
      }),
    async many(count) {
      const refs: WorkRef[] = [];
      while (refs.length < count) {
        const { JobFlowId = '' } = await client.send(new RunJobFlowCommand(LAUNCH));
        const keys = Array.from({ length: Math.min(STEPS_OF_A_CLUSTER, count - refs.length) }, newKey);
        const Steps = keys.map((Name) => ({
          Name,
          ActionOnFailure: 'CONTINUE' as const,
          HadoopJarStep: { Jar: 'command-runner.jar', Args: ['true'] },
        }));
        const { StepIds = [] } = await client.send(new AddJobFlowStepsCommand({ JobFlowId, Steps }));
        refs.push(...StepIds.map((id, index) => ({ id: `${JobFlowId}/${id}`, key: keys[index] ?? '' })));
      }
      return refs;
    },
    async close() {
      client.destroy();
      await standIn.stop();
    },
  };
};
