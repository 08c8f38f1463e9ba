import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { AWS, eventually, LOGS, startStandIn, type StandIn } from './emr-stand-in.ts';

/* The AWS CLI, which checks each answer against AWS's own description of the API, drives the stand-in. */

const execute = promisify(execFile);

let standIn: StandIn;
beforeAll(async () => void (standIn = await startStandIn()));
afterAll(() => standIn?.stop());

/** What the CLI prints; as JSON where it is. */
async function aws(...args: string[]) {
  const options = { env: standIn.env, timeout: 60_000 };
  const { stdout } = await execute(
    AWS,
    [...args, '--endpoint-url', standIn.url, '--output', 'json'],
    options,
  );
  return stdout.trim() === '' ? {} : JSON.parse(stdout);
}

/** The same without the CLI, which takes its time: to wait for what it is asked about next. */
async function emr(operation: string, input: object) {
  const headers = { 'x-amz-target': `ElasticMapReduce.${operation}` };
  const answer = await fetch(standIn.url, { method: 'POST', headers, body: JSON.stringify(input) });
  return (await answer.json()) as { Step: { Status: { State: string } } };
}

const untilStep = (cluster: string, id: string, state: string) =>
  eventually(async () => {
    const { Step } = await emr('DescribeStep', { ClusterId: cluster, StepId: id });
    return Step.Status.State === state;
  });

const refusal = (...args: string[]): Promise<string> =>
  aws(...args).then(
    () => 'it went well',
    (error: { stderr: string }) => error.stderr,
  );

describe('aws emr', () => {
  let cluster = '';

  test('create-cluster, wait, describe-cluster, list-clusters', async () => {
    const created = await aws(
      ...['emr', 'create-cluster', '--name', 'by-cli', '--release-label', 'emr-7.5.0', '--use-default-roles'],
      ...['--applications', 'Name=Spark', 'Name=Hive', '--log-uri', LOGS],
      ...['--instance-type', 'm5.xlarge', '--instance-count', '1', '--tags', 'team=data'],
      ...['--auto-termination-policy', 'IdleTimeout=36000'],
    );
    cluster = created.ClusterId;
    expect(cluster).toMatch(/^j-[A-Z0-9]{13}$/);
    await aws('emr', 'wait', 'cluster-running', '--cluster-id', cluster);
    const { Cluster } = await aws('emr', 'describe-cluster', '--cluster-id', cluster);
    expect(Cluster).toMatchObject({
      Name: 'by-cli',
      Status: { State: 'WAITING' },
      ReleaseLabel: 'emr-7.5.0',
      Tags: [{ Key: 'team', Value: 'data' }],
      InstanceGroups: [expect.objectContaining({ InstanceGroupType: 'MASTER' })],
    });
    const { Clusters } = await aws('emr', 'list-clusters', '--active');
    expect(Clusters).toEqual([expect.objectContaining({ Id: cluster, Name: 'by-cli' })]);
  });

  test('add-steps, wait, list-steps, describe-step', async () => {
    const step =
      'Type=CUSTOM_JAR,Name=hello,Jar=command-runner.jar,ActionOnFailure=CONTINUE,Args=[echo,hello]';
    const { StepIds } = await aws('emr', 'add-steps', '--cluster-id', cluster, '--steps', step);
    await aws('emr', 'wait', 'step-complete', '--cluster-id', cluster, '--step-id', StepIds[0]);
    const { Step } = await aws('emr', 'describe-step', '--cluster-id', cluster, '--step-id', StepIds[0]);
    expect(Step).toMatchObject({
      Name: 'hello',
      Status: { State: 'COMPLETED' },
      Config: { Args: ['echo', 'hello'] },
    });
    const failing = step.replace('[echo,hello]', '[ls,/nowhere]');
    const { StepIds: failed } = await aws('emr', 'add-steps', '--cluster-id', cluster, '--steps', failing);
    await untilStep(cluster, failed[0], 'FAILED');
    const { Steps } = await aws('emr', 'list-steps', '--cluster-id', cluster);
    expect(Steps.map(({ Id }: { Id: string }) => Id)).toEqual([...failed, ...StepIds]);
    expect(Steps[0].Status.FailureDetails).toMatchObject({
      Message: expect.stringContaining('/nowhere'),
      LogFile: `${LOGS}${cluster}/steps/${failed[0]}/stderr.gz`,
    });
  });

  test('cancel-steps, put-auto-termination-policy, terminate-clusters', async () => {
    const step = 'Type=CUSTOM_JAR,Name=long,Jar=command-runner.jar,ActionOnFailure=CONTINUE,Args=[sleep,300]';
    const { StepIds } = await aws('emr', 'add-steps', '--cluster-id', cluster, '--steps', step);
    const { CancelStepsInfoList } = await aws(
      ...['emr', 'cancel-steps', '--cluster-id', cluster, '--step-ids', StepIds[0]],
      ...['--step-cancellation-option', 'TERMINATE_PROCESS'],
    );
    expect(CancelStepsInfoList).toEqual([{ StepId: StepIds[0], Status: 'SUBMITTED' }]);
    await untilStep(cluster, StepIds[0], 'CANCELLED');
    const policy = ['--auto-termination-policy', 'IdleTimeout=7200'];
    await aws('emr', 'put-auto-termination-policy', '--cluster-id', cluster, ...policy);
    expect(await aws('emr', 'get-auto-termination-policy', '--cluster-id', cluster)).toEqual({
      AutoTerminationPolicy: { IdleTimeout: 7200 },
    });
    await aws('emr', 'terminate-clusters', '--cluster-ids', cluster);
    await aws('emr', 'wait', 'cluster-terminated', '--cluster-id', cluster);
  });

  test('refuses in EMR’s words', async () => {
    expect(await refusal('emr', 'describe-cluster', '--cluster-id', 'j-NONE')).toMatch(
      /InvalidRequestException.*Cluster id 'j-NONE' is not valid/,
    );
    expect(await refusal('emr', 'describe-step', '--cluster-id', cluster, '--step-id', 's-NONE')).toMatch(
      /InvalidRequestException.*Step id 's-NONE' is not valid/,
    );
    const step = 'Type=CUSTOM_JAR,Name=late,Jar=command-runner.jar,Args=[true]';
    expect(await refusal('emr', 'add-steps', '--cluster-id', cluster, '--steps', step)).toMatch(
      /ValidationException.*may not be modified/,
    );
  });
});

describe('aws emr-serverless', () => {
  const ROLE = 'arn:aws:iam::000000000000:role/jobs';
  let application = '';
  const start = (entryPoint: string, ...more: string[]) =>
    aws(
      ...['emr-serverless', 'start-job-run', '--application-id', application, '--execution-role-arn', ROLE],
      ...['--job-driver', JSON.stringify({ sparkSubmit: { entryPoint } }), ...more],
    );
  /** An application, or a job run of it, in that state; without the CLI. */
  const until = (path: string, state: string) =>
    eventually(async () => {
      const answer = await fetch(`${standIn.url}/applications/${application}${path}`);
      const { jobRun, application: found } = (await answer.json()) as Record<string, { state: string }>;
      return (jobRun ?? found)?.state === state;
    });
  const on = (operation: string, ...more: string[]) =>
    aws('emr-serverless', operation, '--application-id', application, ...more);

  test('create-application, start-application, get-application', async () => {
    const created = await aws(
      ...['emr-serverless', 'create-application', '--name', 'by-cli', '--type', 'SPARK'],
      ...['--release-label', 'emr-7.5.0', '--auto-stop-configuration', 'enabled=false'],
    );
    application = created.applicationId;
    await on('start-application');
    await until('', 'STARTED');
    expect((await on('get-application')).application).toMatchObject({
      name: 'by-cli',
      autoStopConfiguration: { enabled: false },
    });
  });

  test('start-job-run once for a token, get-job-run, list-job-runs, cancel-job-run', async () => {
    await standIn.store.write('s3://lake/code/sleep.py', 'import time\nprint("up")\ntime.sleep(300)\n');
    const run = await start('s3://lake/code/sleep.py', '--name', 'long', '--client-token', 'once');
    const again = await start('s3://lake/code/sleep.py', '--name', 'long', '--client-token', 'once');
    expect(again.jobRunId).toBe(run.jobRunId);
    expect(await refusal('emr-serverless', 'stop-application', '--application-id', application)).toMatch(
      /ValidationException.*not in a terminal state/,
    );
    const id = ['--job-run-id', run.jobRunId];
    await until(`/jobruns/${run.jobRunId}`, 'RUNNING');
    expect((await on('get-dashboard-for-job-run', ...id)).url).toContain(run.jobRunId);
    await on('cancel-job-run', ...id);
    await until(`/jobruns/${run.jobRunId}`, 'CANCELLED');
    const failed = await start('s3://lake/code/none.py');
    await until(`/jobruns/${failed.jobRunId}`, 'FAILED');
    const { jobRun } = await on('get-job-run', '--job-run-id', failed.jobRunId);
    expect(jobRun.stateDetails).toMatch(/ExitCode: 1/);
    const { jobRuns } = await on('list-job-runs', '--states', 'CANCELLED', 'FAILED');
    expect(jobRuns.map((each: { id: string }) => each.id)).toEqual([failed.jobRunId, run.jobRunId]);
  });

  test('stop-application', async () => {
    await on('stop-application');
    await until('', 'STOPPED');
    expect(await refusal('emr-serverless', 'get-application', '--application-id', '00none')).toMatch(
      /ResourceNotFoundException/,
    );
  });
});

test('misbehaves on order', async () => {
  const body = JSON.stringify({ op: 'ListClusters', kind: 'throttle', count: 5 });
  expect((await fetch(`${standIn.url}/_faults`, { method: 'POST', body })).ok).toBe(true);
  expect(await refusal('emr', 'list-clusters')).toMatch(/ThrottlingException/);
});
