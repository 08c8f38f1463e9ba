import {
  GetApplicationCommand,
  GetDashboardForJobRunCommand,
  StartJobRunCommand,
  StopApplicationCommand,
} from '@aws-sdk/client-emr-serverless';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { ClusterRef, JobEngine, JobSpec } from '../../src/ports.ts';
import { measureOutput } from '../../src/storage/measure.ts';
import { ended, newKey, stateOf, until } from './engine.ts';
import { eventually } from './emr-stand-in.ts';
import { makeEmrServerlessWorld, python, type EmrServerlessWorld } from './emr-serverless-world.ts';

let world: EmrServerlessWorld;
beforeAll(async () => void (world = await makeEmrServerlessWorld()));
afterAll(() => world?.close());

const run = async (spec: JobSpec, engine: JobEngine = world.engine) => {
  const { found: _, ...ref } = await engine.submit(spec, newKey());
  return { ref, state: await ended(engine, ref) };
};

describe('jobs of each kind', () => {
  const FLIGHTS = 's3://lake/flights/';
  beforeAll(async () => {
    await world.standIn.store.write(
      `${FLIGHTS}a.json`,
      '{"origin":"JFK","delay":10}\n{"origin":"SFO","delay":20}\n',
    );
  });

  test('sql writes the rows of its query', async () => {
    const output = { path: 's3://lake/routes/', format: 'parquet' } as const;
    const query = `SELECT origin, 'it\\'s "ok"; -- no comment' AS said FROM flights -- all`;
    const { state } = await run({
      kind: 'sql',
      inputs: { flights: { path: FLIGHTS, format: 'json' } },
      query,
      output,
    });
    expect(state).toMatchObject({ status: 'done' });
    expect(await measureOutput(world.standIn.store, output)).toMatchObject({ rows: 2, files: 1 });
  });

  test('sql that is wrong fails with Spark’s words', async () => {
    const output = { path: 's3://lake/none/', format: 'parquet' } as const;
    const { state } = await run({ kind: 'sql', inputs: {}, query: 'SELECT nope', output });
    expect(state).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/AnalysisException: .*nope/),
    });
    expect(state.logTail).toContain('Traceback');
  });

  test('spark runs SQL, a Python file and its arguments, with properties that have spaces', async () => {
    await world.standIn.store.write(
      's3://lake/code/job.py',
      'import sys\nprint("hears " + "|".join(sys.argv[1:]))\n',
    );
    const app = { form: 'python', python: 's3://lake/code/job.py' } as const;
    const { ref, state } = await run({
      ...python(''),
      app,
      arguments: ['a b', '--c'],
      conf: { 'spark.x': 'say "x"' },
    });
    expect(state.status).toBe('done');
    expect((await world.engine.logs(ref)).lines).toEqual(['hears a b|--c']);
    const sql = await run({ ...python(''), app: { form: 'sql', sql: 'SELECT 1; SELECT 2' } });
    expect(sql.state.status).toBe('done');
  });

  test('hive runs on an application of its kind, and Spark does not', async () => {
    const engine = world.engineWith({ application: await world.create({ type: 'HIVE', name: 'hive' }) });
    const output = { path: 's3://lake/hive/', format: 'csv' } as const;
    const query = "INSERT OVERWRITE DIRECTORY 's3://lake/hive/' STORED AS TEXTFILE SELECT 1 AS one";
    expect((await run({ kind: 'hive', query, output }, engine)).state).toMatchObject({ status: 'done' });
    const failed = await run({ kind: 'hive', query: 'SELECT * FROM nowhere' }, engine);
    expect(failed.state).toMatchObject({ status: 'failed', message: expect.stringContaining('nowhere') });
    await expect(engine.submit(python('print(1)'), newKey())).rejects.toMatchObject({
      type: 'Rejected',
      message: expect.stringContaining('HIVE application'),
    });
  });

  test('what EMR Serverless has not is refused', async () => {
    for (const spec of [
      { kind: 'shell', script: 'true', env: {} },
      { ...python('object X'), app: { form: 'program', program: 'object X', language: 'scala' } },
      { ...python(''), app: { form: 'cmdline', cmdline: 'x.py' } },
    ] satisfies JobSpec[]) {
      await expect(world.engine.submit(spec, newKey())).rejects.toMatchObject({ type: 'Rejected' });
    }
  });

  test('a token that somebody else’s request has taken means that one', async () => {
    const key = newKey();
    const { jobRunId } = await world.client.send(
      new StartJobRunCommand({
        applicationId: world.application,
        executionRoleArn: 'arn:aws:iam::000000000000:role/jobs',
        clientToken: key,
        name: 'of another name, so that no look finds it',
        jobDriver: { sparkSubmit: { entryPoint: 's3://lake/none.jar' } },
      }),
    );
    expect(jobRunId).toBeDefined();
    await expect(world.engine.submit(world.quick(), key)).rejects.toMatchObject({ type: 'Unavailable' });
  });

  test('a link to its UI is given once it runs, and only where that is wanted', async () => {
    const engine = world.engineWith({ dashboards: true });
    const { found: _, ...ref } = await engine.submit(world.slow(), newKey());
    expect(ref.url).toBeUndefined();
    const { url } = await until(engine, ref, ({ status }) => status === 'running');
    expect(url).toContain(ref.id);
    expect((await stateOf(engine, ref)).url).toBe(url);
    expect((await stateOf(world.engine, ref)).url).toBeUndefined();
    await engine.cancel(ref);
    // It opens for an hour, so one that is done gets a new one.
    const { ref: done, state } = await run(world.quick(), engine);
    expect(state.url).toContain(done.id);
  });

  test('one that waits has no link, and waits all the same', async () => {
    const application = await world.create({ autoStartConfiguration: { enabled: true } });
    const engine = world.engineWith({ dashboards: true, application });
    const { found: _, ...ref } = await engine.submit(world.quick(), newKey());
    expect(await stateOf(engine, ref)).toEqual({ status: 'queued', progress: 'PENDING' });
    const asked = { applicationId: application, jobRunId: ref.id };
    await expect(world.client.send(new GetDashboardForJobRunCommand(asked))).rejects.toThrow(
      'Dashboard cannot be served for job in PENDING state',
    );
    expect((await ended(engine, ref)).url).toContain(ref.id);
  });
});

describe('applications', () => {
  const look = async (applicationId: string) =>
    (await world.client.send(new GetApplicationCommand({ applicationId }))).application;
  const up = async (engine: JobEngine, release: 'keep' | 'whenIdle' | 'always') => {
    let cluster: ClusterRef | undefined;
    return eventually(async () => {
      cluster = await engine.ensureCluster({ release }, newKey(), cluster);
      return cluster.ready && cluster;
    });
  };

  test('one that is down is started; always ends what this run started', async () => {
    const application = await world.create();
    const engine = world.engineWith({ application });
    expect(await engine.ensureCluster({ release: 'always' }, newKey())).toEqual({
      id: application,
      ready: false,
      started: true,
      state: 'STARTING',
    });
    expect(await up(engine, 'always')).toMatchObject({ ready: true, state: 'STARTED' });
    await engine.releaseCluster?.(application);
    await eventually(async () => (await look(application))?.state === 'STOPPED');
    await engine.releaseCluster?.(application);
  });

  test('whenIdle has one stop by itself', async () => {
    const application = await world.create({ autoStopConfiguration: { enabled: false } });
    const engine = world.engineWith({ application });
    await up(engine, 'whenIdle');
    expect((await look(application))?.autoStopConfiguration).toMatchObject({ enabled: true });
    const stubborn = world.engineWith({
      application: await world.create({ autoStopConfiguration: { enabled: false } }),
    });
    await up(stubborn, 'keep');
    await expect(stubborn.ensureCluster({ release: 'whenIdle' }, newKey())).rejects.toMatchObject({
      type: 'Rejected',
    });
  });

  test('one that others use is not stopped under them', async () => {
    const application = await world.create();
    const engine = world.engineWith({ application });
    const { found: _, ...ref } = await engine.submit(world.slow(), newKey());
    await eventually(async () => (await look(application))?.state === 'STARTED');
    await engine.releaseCluster?.(application);
    expect((await look(application))?.state).toBe('STARTED');
    await engine.cancel(ref);
  });

  test('one that does not come up, or is gone, is a failed job', async () => {
    const application = await world.create();
    const engine = world.engineWith({ application });
    await up(engine, 'keep');
    await world.client.send(new StopApplicationCommand({ applicationId: application }));
    await eventually(async () => (await look(application))?.state === 'STOPPED');
    const before = { id: application, ready: false, started: true, state: 'STARTING' };
    await expect(engine.ensureCluster({ release: 'keep' }, newKey(), before)).rejects.toMatchObject({
      type: 'JobFailed',
      message: expect.stringContaining('did not start and is STOPPED'),
    });
    const stopping = await engine.ensureCluster({ release: 'keep' }, newKey());
    await world.client.send(new StopApplicationCommand({ applicationId: application }));
    const failure = eventually(async () => {
      // As slowly as that it is seen on its way down.
      const seen = await engine.ensureCluster({ release: 'keep' }, newKey(), {
        ...stopping,
        state: 'STOPPING',
      });
      return seen.state !== 'STOPPING' && seen;
    });
    await expect(failure).rejects.toMatchObject({
      type: 'JobFailed',
      message: expect.stringContaining('did not start and is STOPPED'),
    });
    const none = world.engineWith({ application: '00none' });
    await expect(none.ensureCluster({ release: 'keep' }, newKey())).rejects.toMatchObject({
      type: 'Rejected',
    });
    await expect(none.ensureCluster({ release: 'keep' }, newKey(), before)).rejects.toMatchObject({
      type: 'JobFailed',
    });
  });
});
