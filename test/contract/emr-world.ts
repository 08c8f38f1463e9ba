import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  DescribeClusterCommand,
  EMRClient,
  ListStepsCommand,
  RunJobFlowCommand,
  type RunJobFlowCommandInput,
} from '@aws-sdk/client-emr';

import { awsRequests } from '../../src/aws-requests.ts';
import { EmrEngine } from '../../src/engines/emr/engine.ts';
import type { EmrOptions } from '../../src/engines/emr/options.ts';
import type { ShellSpec, WorkRef } from '../../src/ports.ts';
import { newKey, type EngineWorld } from './engine.ts';
import type { HttpWorld } from './engine-faults.ts';
import { credentials, eventually, LOGS, STAGING, startStandIn, type StandIn } from './emr-stand-in.ts';

const PER_REQUEST = 250;

export const LAUNCH = {
  ReleaseLabel: 'emr-7.5.0',
  ServiceRole: 'EMR_DefaultRole',
  JobFlowRole: 'EMR_EC2_DefaultRole',
  LogUri: LOGS,
  Instances: { MasterInstanceType: 'm5.xlarge', InstanceCount: 1 },
} satisfies Partial<RunJobFlowCommandInput>;

export const shell = (script: string, env: Record<string, string> = {}): ShellSpec => ({
  kind: 'shell',
  script,
  env,
});

export interface EmrWorld extends EngineWorld {
  standIn: StandIn;
  client: EMRClient;
  cluster: string;
  engineWith(options: Partial<EmrOptions>): EmrEngine;
}

/** The engine on a cluster of the stand-in that is up. */
export async function makeEmrWorld(): Promise<EmrWorld> {
  const standIn = await startStandIn();
  const clientAt = (endpoint: string, requestTimeoutMs: number) =>
    new EMRClient({ ...awsRequests(requestTimeoutMs), endpoint, region: 'us-east-1', credentials });
  const client = clientAt(standIn.url, 30_000);
  const request = { ...LAUNCH, Name: 'shared', StepConcurrencyLevel: 8 };
  const keep = { ...request.Instances, KeepJobFlowAliveWhenNoSteps: true };
  const { JobFlowId: cluster = '' } = await client.send(
    new RunJobFlowCommand({ ...request, Instances: keep }),
  );
  await eventually(async () => {
    const { Cluster } = await client.send(new DescribeClusterCommand({ ClusterId: cluster }));
    return Cluster?.Status?.State === 'WAITING';
  });
  const engineWith = (options: Partial<EmrOptions>) =>
    new EmrEngine({
      name: 'emr',
      client,
      store: standIn.store,
      cluster,
      // Half a minute here: no cluster ends under a test that is slow.
      idleTimeoutMs: 3_600_000,
      staging: STAGING,
      requestTimeoutMs: 30_000,
      ...options,
    });
  const engine = engineWith({});
  const http: HttpWorld = {
    upstream: standIn.url,
    engineAt: (url, { requestTimeoutMs = 5_000 } = {}) =>
      engineWith({ client: clientAt(url, requestTimeoutMs), requestTimeoutMs }),
    isSubmission: ({ headers }) => String(headers['x-amz-target']).endsWith('.AddJobFlowSteps'),
    // Pages of 50, and one look at those that have not ended.
    many: {
      count: 300,
      requests: 7,
      make: (_, count) => addSteps(client, count),
      on: engineWith({ cluster: 'many' }),
    },
    refusal: (status, words) => ({ body: JSON.stringify({ message: words, __type: `Refused${status}` }) }),
  };
  return {
    standIn,
    client,
    cluster,
    engine,
    engineWith,
    another: () => engineWith({}),
    quick: () => shell('echo it begins; echo "it ends"'),
    slow: () => shell('sleep 300'),
    refused: { kind: 'presto', query: 'SELECT 1' },
    failing: {
      spec: shell('echo starts; echo "ValueError: no column delayy" >&2; exit 3'),
      message: /no column delayy/,
    },
    begun: async ({ key }) => {
      const { Steps = [] } = await client.send(new ListStepsCommand({ ClusterId: cluster }));
      return Steps.filter(({ Name, Status }) => Name === key && Status?.Timeline?.StartDateTime).length;
    },
    http,
    async close() {
      client.destroy();
      await standIn.stop();
    },
  };
}

/** Many steps that end before they begin, on a cluster of their own that is still on its way. */
async function addSteps(client: EMRClient, count: number): Promise<WorkRef[]> {
  const Instances = { ...LAUNCH.Instances, KeepJobFlowAliveWhenNoSteps: true };
  const launch = new RunJobFlowCommand({ ...LAUNCH, Name: 'many', Instances });
  const { JobFlowId = '' } = await client.send(launch);
  const refs: WorkRef[] = [];
  while (refs.length < count) {
    const some = Math.min(PER_REQUEST, count - refs.length);
    const Steps = Array.from({ length: some }, () => ({
      Name: newKey(),
      ActionOnFailure: 'CONTINUE' as const,
      HadoopJarStep: { Jar: 'command-runner.jar', Args: ['sleep', '300'] },
    }));
    const { StepIds = [] } = await client.send(new AddJobFlowStepsCommand({ JobFlowId, Steps }));
    await client.send(new CancelStepsCommand({ ClusterId: JobFlowId, StepIds }));
    refs.push(...StepIds.map((id, index) => ({ id: `${JobFlowId}/${id}`, key: Steps[index]?.Name ?? '' })));
  }
  await eventually(async () => {
    const request = { ClusterId: JobFlowId, StepStates: ['RUNNING' as const, 'CANCEL_PENDING' as const] };
    return (await client.send(new ListStepsCommand(request))).Steps?.length === 0;
  });
  return refs;
}
