import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreatePipelineCommand, DataPipelineClient } from '@aws-sdk/client-data-pipeline';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { instanceOutcome } from '../../src/domain/instance.ts';
import { createDataPipelines } from '../../src/publishers/data-pipeline/index.ts';
import type { DataPipelineInstance } from '../../src/ports.ts';
import { object, onDemand, shell, startWorld, until, type World } from './data-pipeline-world.ts';

let world: World;
let dataPipelines: ReturnType<typeof createDataPipelines>;

beforeAll(async () => {
  world = await startWorld();
  dataPipelines = createDataPipelines({ client: world.client });
});
afterAll(() => world?.stop());

const ended = (id: string, count: number): Promise<DataPipelineInstance[]> =>
  until(async () => {
    const instances = await dataPipelines.instances(id);
    const over = instances.every(({ status }) => instanceOutcome(status) !== 'live');
    return over && instances.length === count ? instances : undefined;
  });

describe('our client of AWS Data Pipeline', () => {
  test('finds a pipeline by its name on a later page', async () => {
    for (let index = 0; index < 30; index += 1) {
      const name = `filler-${index}`;
      await world.client.send(new CreatePipelineCommand({ name, uniqueId: name }));
    }
    const id = await world.create('on-a-later-page', [onDemand, shell('Nothing', 'true')]);
    await expect(dataPipelines.resolve('on-a-later-page')).resolves.toBe(id);
  });

  test('rejects a name that nothing or several things have', async () => {
    await expect(dataPipelines.resolve('nobody')).rejects.toMatchObject({
      type: 'Rejected',
      message: 'no Data Pipeline is named "nobody"; create it, or mend the name',
    });
    const first = await world.create('twin', [onDemand], 'first');
    const second = await world.create('twin', [onDemand], 'second');
    await expect(dataPipelines.resolve('twin')).rejects.toMatchObject({
      type: 'Rejected',
      message: expect.stringContaining(`${first}, ${second}`),
    });
  });

  test('activates with parameters, and the SQL really runs', async () => {
    const id = await world.create('export', [
      onDemand,
      world.redshift,
      object('RunExport', {
        type: 'SqlActivity',
        database: { ref: 'Warehouse' },
        script: `create table exported (day date); insert into exported values ('#{myDay}')`,
      }),
    ]);
    await dataPipelines.activate(id, { myDay: '2001-01-05' });

    const [instance] = await ended(id, 1);
    expect(instance).toEqual({
      id: expect.stringMatching(/^@RunExport_\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
      name: 'RunExport',
      status: 'FINISHED',
      scheduledAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    const { rows } = await world.sql.query('select day::text from exported');
    expect(rows).toEqual([{ day: '2001-01-05' }]);
  });

  test('shows why an instance failed', async () => {
    const id = await world.create('fails', [
      onDemand,
      world.redshift,
      object('Bad', { type: 'SqlActivity', database: { ref: 'Warehouse' }, script: 'select * from nowhere' }),
    ]);
    await dataPipelines.activate(id, {});
    await expect(ended(id, 1)).resolves.toMatchObject([
      { name: 'Bad', status: 'FAILED', error: expect.stringContaining('relation "nowhere" does not exist') },
    ]);
  });

  test('shows the error of the last attempt, and where its log is', async () => {
    const failing = { maximumRetries: '1', pipelineLogUri: 's3://data/logs/' };
    const id = await world.create('logs', [onDemand, shell('Bad', 'echo no >&2; exit 1', failing)]);
    await dataPipelines.activate(id, {});
    const [bad] = await ended(id, 1);
    expect(bad).toMatchObject({
      error: 'the command ended with exit code 1: no',
      log: `s3://data/logs/${id}/Bad/${bad?.id}/${bad?.id}_Attempt=2/`,
    });
    const Prefix = bad?.log?.replace('s3://data/', '');
    const { Contents = [] } = await world.aws.client.send(
      new ListObjectsV2Command({ Bucket: 'data', Prefix }),
    );
    expect(Contents.map(({ Key }) => Key?.replace(Prefix ?? '', '')).sort()).toEqual([
      'Activity.log',
      'StdError',
      'StdOutput',
    ]);
  });

  test('lists instances since a time, and without those that are known', async () => {
    const id = await world.create('since', [onDemand, shell('Nothing', 'true')]);
    await dataPipelines.activate(id, { myDay: '2001-01-05' });
    const [first] = await ended(id, 1);
    await dataPipelines.activate(id, { myDay: '2001-01-06' });
    const [, second] = await ended(id, 2);
    const since = second?.scheduledAt ?? '';
    await expect(dataPipelines.instances(id, { since })).resolves.toEqual([second]);
    const except = new Set([second?.id ?? '']);
    await expect(dataPipelines.instances(id, { except })).resolves.toEqual([first]);
    await expect(dataPipelines.activeParams(id)).resolves.toEqual({ myDay: '2001-01-06' });
  });

  test('starts a pipeline with a schedule where it is told to', async () => {
    const id = await world.create('from', [
      object('Default', { scheduleType: 'cron', workerGroup: 'local', schedule: { ref: 'Daily' } }),
      object('Daily', {
        type: 'Schedule',
        period: '1 day',
        startDateTime: '2001-01-01T00:00:00',
        endDateTime: '2001-01-04T00:00:00',
      }),
      shell('Nothing', 'true'),
    ]);
    await dataPipelines.activate(id, {}, '2001-01-02T00:00:00.000Z');
    await expect(ended(id, 2)).resolves.toMatchObject([
      { scheduledAt: '2001-01-02T00:00:00Z' },
      { scheduledAt: '2001-01-03T00:00:00Z' },
    ]);
  });

  test('deactivates, again and again if need be, until nothing runs', async () => {
    const id = await world.create('stopped', [onDemand, shell('Long', 'exec sleep 300')]);
    await dataPipelines.activate(id, {});
    await until(async () => (await dataPipelines.instances(id))[0]?.status === 'RUNNING');
    await dataPipelines.deactivate(id);
    await dataPipelines.deactivate(id);
    await until(async () => !(await dataPipelines.isDeactivating(id)));
    await expect(dataPipelines.instances(id)).resolves.toMatchObject([{ status: 'CANCELED' }]);
    await expect(dataPipelines.deactivate('df-NOWHERE')).rejects.toMatchObject({ type: 'Rejected' });
  });

  test('describes more instances than fit into one request, the newest last', async () => {
    const activities = Array.from({ length: 30 }, (_, index) => shell(`Step${index}`, 'true'));
    const id = await world.create('wide', [onDemand, ...activities]);
    await dataPipelines.activate(id, {});
    const first = await ended(id, 30);
    await dataPipelines.activate(id, {});
    const both = await ended(id, 60);
    expect(both.slice(0, 30)).toEqual(first);
    expect(both.every(({ status }) => status === 'FINISHED')).toBe(true);
  });

  test('a refused activation is Rejected, with the words of AWS', async () => {
    const id = await world.create('refuses', [onDemand, shell('Echo', 'echo #{myDay}')]);
    await expect(dataPipelines.activate(id, { myTypo: 'x' })).rejects.toMatchObject({
      type: 'Rejected',
      message: expect.stringMatching(/'myTypo' is not defined.*'myDay' has no value/),
    });
    await expect(dataPipelines.activate('df-NOWHERE', {})).rejects.toMatchObject({
      type: 'Rejected',
      message: expect.stringContaining('PipelineNotFoundException'),
    });
    await expect(dataPipelines.instances(id)).resolves.toEqual([]);
  });

  test('a throttled activation is Throttled, and was not accepted', async () => {
    const id = await world.create('throttled', [onDemand, shell('Nothing', 'true')]);
    await world.fault('ActivatePipeline', 'throttle');
    await expect(dataPipelines.activate(id, {})).rejects.toMatchObject({
      type: 'Throttled',
      retryAfterMs: 2_000,
    });
    await dataPipelines.activate(id, {});
    await expect(ended(id, 1)).resolves.toMatchObject([{ status: 'FINISHED' }]);
  });

  test('a lost answer is Unavailable, and looking shows that the pipeline runs', async () => {
    const id = await world.create('lost', [onDemand, shell('Nothing', 'true')]);
    await world.fault('ActivatePipeline', 'lose-answer');
    await expect(dataPipelines.activate(id, {})).rejects.toMatchObject({ type: 'Unavailable' });
    await expect(ended(id, 1)).resolves.toMatchObject([{ status: 'FINISHED' }]);
  });

  test('an answer that comes too late is Unavailable, and the pipeline runs once', async () => {
    const id = await world.create('late', [onDemand, shell('Nothing', 'true')]);
    const impatient = new DataPipelineClient({
      endpoint: world.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
      requestHandler: { requestTimeout: 200, throwOnRequestTimeout: true },
    });
    await world.fault('ActivatePipeline', 'slow', 60_000);
    await expect(createDataPipelines({ client: impatient }).activate(id, {})).rejects.toMatchObject({
      type: 'Unavailable',
    });
    impatient.destroy();
    await expect(ended(id, 1)).resolves.toMatchObject([{ status: 'FINISHED' }]);
  });

  test('a server that is away is Unavailable', async () => {
    const away = new DataPipelineClient({
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
    await expect(createDataPipelines({ client: away }).instances('df-1')).rejects.toMatchObject({
      type: 'Unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    away.destroy();
  });
});
