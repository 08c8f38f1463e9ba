import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreatePipelineCommand, DataPipelineClient } from '@aws-sdk/client-data-pipeline';
import { instanceOutcome } from '../../src/domain/instance.ts';
import { createDataPipelines } from '../../src/publishers/data-pipeline.ts';
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
      { name: 'Bad', status: 'FAILED', error: 'relation "nowhere" does not exist' },
    ]);
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
