import {
  CancelJobRunCommand,
  CreateApplicationCommand,
  EMRServerlessClient,
  ListJobRunsCommand,
  StartJobRunCommand,
  type CreateApplicationCommandInput,
} from '@aws-sdk/client-emr-serverless';

import { awsRequests } from '../../src/aws-requests.ts';
import { EmrServerlessEngine } from '../../src/engines/emr-serverless/engine.ts';
import type { EmrServerlessOptions } from '../../src/engines/emr-serverless/options.ts';
import type { JobEngine, SparkSpec, WorkRef } from '../../src/ports.ts';
import { newKey, type EngineWorld } from './engine.ts';
import type { HttpWorld } from './engine-faults.ts';
import { credentials, eventually, LOGS, STAGING, startStandIn, type StandIn } from './emr-stand-in.ts';

const ROLE = 'arn:aws:iam::000000000000:role/jobs';
const AT_ONCE = 20;

export const python = (program: string, more: Partial<SparkSpec> = {}): SparkSpec => ({
  kind: 'spark',
  app: { form: 'program', program, language: 'python' },
  arguments: [],
  conf: {},
  options: [],
  ...more,
});

export interface EmrServerlessWorld extends EngineWorld {
  standIn: StandIn;
  client: EMRServerlessClient;
  application: string;
  create(more?: Partial<CreateApplicationCommandInput>): Promise<string>;
  engineWith(options: Partial<EmrServerlessOptions>): JobEngine;
}

/** The engine on an application of the stand-in, which starts with the first job. */
export async function makeEmrServerlessWorld(): Promise<EmrServerlessWorld> {
  const standIn = await startStandIn();
  const clientAt = (endpoint: string, requestTimeoutMs: number) =>
    new EMRServerlessClient({ ...awsRequests(requestTimeoutMs), endpoint, region: 'us-east-1', credentials });
  const client = clientAt(standIn.url, 30_000);
  const create = async (more: Partial<CreateApplicationCommandInput> = {}) => {
    const request = { name: 'etl', type: 'SPARK', releaseLabel: 'emr-7.5.0', ...more };
    const { applicationId = '' } = await client.send(new CreateApplicationCommand(request));
    return applicationId;
  };
  const application = await create({ autoStopConfiguration: { enabled: false } });
  const engineWith = (options: Partial<EmrServerlessOptions>) =>
    new EmrServerlessEngine({
      client,
      store: standIn.store,
      application,
      executionRole: ROLE,
      staging: STAGING,
      logUri: LOGS,
      conf: { 'spark.executor.memory': '2g' },
      dashboards: false,
      requestTimeoutMs: 30_000,
      ...options,
    });
  const http: HttpWorld = {
    upstream: standIn.url,
    engineAt: (url, { requestTimeoutMs = 5_000 } = {}) =>
      engineWith({ client: clientAt(url, requestTimeoutMs), requestTimeoutMs }),
    isSubmission: ({ method, path }) => method === 'POST' && path.endsWith('/jobruns'),
    // Pages of 50, and one look at those that have not ended.
    many: { count: 300, requests: 7, make: (_, count) => startRuns(client, application, count) },
  };
  return {
    standIn,
    client,
    application,
    create,
    engineWith,
    engine: engineWith({}),
    another: () => engineWith({}),
    quick: () => python('print("it works")'),
    slow: () => python('import time\ntime.sleep(300)'),
    refused: { kind: 'presto', query: 'SELECT 1' },
    failing: {
      spec: python('raise ValueError("no column delayy")'),
      message: /^ValueError: no column delayy|no column delayy/m,
    },
    begun: async ({ key }) => {
      const { jobRuns = [] } = await client.send(
        new ListJobRunsCommand({ applicationId: application, maxResults: 50 }),
      );
      return jobRuns.filter(({ name }) => name === key).length;
    },
    http,
    async close() {
      client.destroy();
      await standIn.stop();
    },
  };
}

/** Many job runs that end at once, past the engine, which would look each of them up. */
async function startRuns(
  client: EMRServerlessClient,
  applicationId: string,
  count: number,
): Promise<WorkRef[]> {
  const refs: WorkRef[] = [];
  while (refs.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - refs.length) }, async () => {
      const jobDriver = { sparkSubmit: { entryPoint: 's3://lake/none.py' } };
      const key = newKey();
      const request = { applicationId, executionRoleArn: ROLE, name: key, jobDriver };
      const { jobRunId: id = '' } = await client.send(new StartJobRunCommand(request));
      await client.send(new CancelJobRunCommand({ applicationId, jobRunId: id }));
      return { id, key };
    });
    refs.push(...(await Promise.all(some)));
  }
  await eventually(async () => {
    const states = ['SUBMITTED', 'PENDING', 'SCHEDULED', 'RUNNING', 'CANCELLING'] as const;
    const { jobRuns = [] } = await client.send(
      new ListJobRunsCommand({ applicationId, states: [...states] }),
    );
    return jobRuns.length === 0;
  });
  return refs;
}
