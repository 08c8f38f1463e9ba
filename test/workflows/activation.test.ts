import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import type { StepArgs } from '../../src/domain/definition.ts';
import { EtlError } from '../../src/domain/failure.ts';
import type { RunResult } from '../../src/domain/run.ts';
import { failureOf } from '../failure-of.ts';
import { createWorld, stateOf, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  world.dataPipelines.activations = [];
  world.dataPipelines.startTimes = [];
  world.dataPipelines.deactivations = [];
  world.dataPipelines.onActivate = () => {};
  world.dataPipelines.instancesOf = [];
});

let count = 0;
/** A step that activates a pipeline of its own. */
const activate = (name = `export${(count += 1)}`) => [
  step('activateDataPipeline', 'export', { name, params: { myDay: '${interval.date}' } }),
];

describe('an activation', () => {
  test('is sent once, and waits for the instances that appear after it', async () => {
    world.dataPipelines.add(0, 'FAILED');
    const result = await world.run(activate());
    expect(world.dataPipelines.activations).toEqual([{ myDay: '2001-01-05' }]);
    expect(result.steps[0]?.result).toMatchObject({
      pipelineId: expect.stringMatching(/^df-export/),
      instances: [{ id: '@Export_1', name: 'Export', status: 'FINISHED' }],
    });
  });

  test('whose answer is lost is answered by looking, never by calling again', async () => {
    world.dataPipelines.onActivate = () => {
      throw new EtlError('Unavailable', 'connection reset');
    };
    expect(await world.run(activate())).toMatchObject({ status: 'done' });
    expect(world.dataPipelines.activations).toHaveLength(1);
  });

  test('that is refused fails the step at once', async () => {
    world.dataPipelines.refusal = new EtlError('Rejected', 'no permission');
    const error = await world.run(activate()).catch((error: unknown) => error);
    world.dataPipelines.refusal = undefined;
    expect((error as WorkflowFailedError).cause?.message).toMatch(/no permission/);
  });

  test('that is throttled is sent again', async () => {
    world.dataPipelines.refusal = new EtlError('Throttled', 'slow down');
    setTimeout(() => (world.dataPipelines.refusal = undefined), 300);
    expect(await world.run(activate())).toMatchObject({ status: 'done' });
    expect(world.dataPipelines.activations).toHaveLength(1);
  });

  test('whose activity failed fails the step with its words', async () => {
    world.dataPipelines.onActivate = () => {
      const [last] = world.dataPipelines.instancesOf.slice(-1);
      if (last) Object.assign(last, { status: 'FAILED', error: 'relation "x" does not exist' });
    };
    const error = await world.run(activate()).catch((error: unknown) => error);
    expect((error as WorkflowFailedError).cause?.message).toMatch(
      /Export FAILED: relation "x" does not exist/,
    );
  });

  test('of which nothing appears stops the step, and resubmit sends another', async () => {
    world.dataPipelines.onActivate = () => {
      if (world.dataPipelines.activations.length === 1) world.dataPipelines.instancesOf = [];
    };
    const handle = await world.start(activate());
    await world.until(handle, (now) => stateOf(now, 'export') === 'lost');
    await expect(handle.executeUpdate('adopt', { args: [{ step: 'export', ref: 'x' }] })).rejects.toThrow();
    await handle.executeUpdate('resubmit', { args: [{ step: 'export' }] });
    expect(await handle.result()).toMatchObject({ status: 'done' });
    expect(world.dataPipelines.activations).toHaveLength(2);
  });

  test('waits until nothing of the pipeline lives, since it would cancel that', async () => {
    world.dataPipelines.add(0, 'RUNNING');
    const handle = await world.start(activate());
    const name = 'df-export' + count;
    for (let waits = false; !waits;) {
      const child = await world.client.workflow
        .getHandle(`data-pipeline/${name}`)
        .describe()
        .catch(() => undefined);
      waits = child?.raw.pendingActivities?.[0]?.activityType?.name === 'awaitIdleDataPipeline';
    }
    expect(world.dataPipelines.activations).toEqual([]);
    world.dataPipelines.instancesOf = [];
    world.dataPipelines.add(0, 'FINISHED');
    expect(await handle.result()).toMatchObject({ status: 'done' });
    expect(world.dataPipelines.activations).toHaveLength(1);
  });

  test('is alone: another run waits for its end', async () => {
    let live = 0;
    let most = 0;
    world.dataPipelines.onActivate = () => {
      const [last] = world.dataPipelines.instancesOf.slice(-1);
      if (!last) return;
      last.status = 'RUNNING';
      live += 1;
      most = Math.max(most, live);
      setTimeout(() => {
        live -= 1;
        last.status = 'FINISHED';
      }, 200);
    };
    const started = [await world.start(activate('shared')), await world.start(activate('shared'))];
    const results = started.map(({ workflowId }) => world.client.workflow.getHandle(workflowId).result());
    expect(await Promise.all(results)).toMatchObject([{ status: 'done' }, { status: 'done' }]);
    expect(world.dataPipelines.activations).toHaveLength(2);
    expect(most).toBe(1);
  });

  test('begins where it is told to', async () => {
    const args = { name: 'scheduled', params: {}, startTime: '${interval.start}' };
    await world.run([step('activateDataPipeline', 'export', args)]);
    expect(world.dataPipelines.startTimes).toEqual(['2001-01-05T00:00:00.000Z']);
    const wrong = [step('activateDataPipeline', 'export', { name: 'x', params: {}, startTime: 'noon' })];
    await expect(failureOf(world.run(wrong))).resolves.toMatchObject({
      message: expect.stringContaining('startTime: "noon" is no time'),
    });
    expect(world.dataPipelines.startTimes).toHaveLength(1);
  });

  test('leaves what comes later to others', async () => {
    world.dataPipelines.onActivate = () => {
      world.dataPipelines.instancesOf.at(-1)!.status = 'RUNNING';
      setTimeout(() => {
        world.dataPipelines.instancesOf[0]!.status = 'FINISHED';
        world.dataPipelines.add(2, 'RUNNING');
      }, 200);
    };
    const result = await world.run(activate());
    expect(result.steps[0]?.result).toMatchObject({ instances: [{ id: '@Export_1', status: 'FINISHED' }] });
  });

  test('tells the log of what failed', async () => {
    world.dataPipelines.onActivate = () => {
      const [last] = world.dataPipelines.instancesOf.slice(-1);
      if (last) Object.assign(last, { status: 'FAILED', error: 'oh', log: 's3://logs/1/' });
      world.dataPipelines.add(1, 'CASCADE_FAILED', { id: '@After_1', name: 'After' });
    };
    const failure = await failureOf(world.run(activate()));
    expect(failure).toMatchObject({
      message: expect.stringContaining('Export FAILED: oh; After CASCADE_FAILED'),
      details: [{ ref: '@Export_1', log: 's3://logs/1/' }],
    });
  });

  test.each([
    ['leave', []],
    ['deactivate', ['df-stopped-deactivate']],
  ] as const)('that is cancelled: %s', async (onCancel, deactivated) => {
    world.dataPipelines.onActivate = () => (world.dataPipelines.instancesOf.at(-1)!.status = 'RUNNING');
    const args = { name: `stopped-${onCancel}`, params: {}, onCancel };
    const handle = await world.start([step('activateDataPipeline', 'export', args)]);
    await world.until(handle, () => world.dataPipelines.activations.length > 0);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect(stateOf(await world.progress(handle), 'export')).toBe('cancelled');
    expect(world.dataPipelines.deactivations).toEqual(deactivated);
    expect(world.dataPipelines.instancesOf[0]?.status).toBe(onCancel === 'leave' ? 'RUNNING' : 'CANCELED');
  });

  test('that is late is deactivated, too', async () => {
    world.dataPipelines.onActivate = () => (world.dataPipelines.instancesOf.at(-1)!.status = 'RUNNING');
    const args = { name: 'late', params: {}, onCancel: 'deactivate' as const };
    const error = await failureOf(
      world.run([step('activateDataPipeline', 'export', args, { timeoutMs: 1_500 })]),
    );
    expect(error).toMatchObject({ type: 'JobFailed' });
    expect(world.dataPipelines.deactivations).toEqual(['df-late']);
  });
});

describe('an activation that somebody else makes', () => {
  /** At a time that is before all activations of the world. */
  const wait = (more: Partial<StepArgs['awaitDataPipeline']> = {}) => [
    step('awaitDataPipeline', 'seen', { name: 'theirs', params: {}, ...more }),
  ];
  const waits = (handle: WorkflowHandle) =>
    world.until(handle, ({ steps: [seen] }) => (seen?.detail ?? '').includes('waits for df-theirs'));

  test('is seen through to its end, and earlier ones are left alone', async () => {
    world.dataPipelines.add(1, 'FAILED');
    const handle = await world.start(wait({ activatedAfter: '2999-01-01T00:00:02' }));
    await waits(handle);
    world.dataPipelines.add(2, 'RUNNING');
    world.dataPipelines.add(2, 'RUNNING', { id: '@Other_2', name: 'Other' });
    await world.until(handle, () => true);
    for (const instance of world.dataPipelines.instancesOf) instance.status = 'FINISHED';
    const result = (await handle.result()) as RunResult;
    expect(result.steps[0]?.result).toMatchObject({
      pipelineId: 'df-theirs',
      instances: [
        { id: '@Export_2', name: 'Export', status: 'FINISHED' },
        { id: '@Other_2', name: 'Other', status: 'FINISHED' },
      ],
    });
    expect(world.dataPipelines.activations).toEqual([]);
  });

  test('is known by its parameters', async () => {
    const handle = await world.start(wait({ params: { myDay: '${interval.date}' } }));
    await waits(handle);
    await world.dataPipelines.activate('df-theirs', { myDay: '2001-01-04' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await world.progress(handle)).status).toBe('running');
    await world.dataPipelines.activate('df-theirs', { myDay: '2001-01-05', myOther: 'x' });
    const result = (await handle.result()) as RunResult;
    expect(result.steps[0]?.result).toMatchObject({ instances: [{ id: '@Export_2' }] });
  });

  test('is not taken for the one before it while its instances are not there yet', async () => {
    const { dataPipelines } = world;
    await dataPipelines.activate('df-theirs', { myDay: '2001-01-04' });
    // Its parameters show at once.
    dataPipelines.activations.push({ myDay: '2001-01-05' });
    const handle = await world.start(wait({ params: { myDay: '${interval.date}' } }));
    await waits(handle);
    await new Promise((resolve) => setTimeout(resolve, 150));
    dataPipelines.add(2, 'FINISHED');
    const result = (await handle.result()) as RunResult;
    expect(result.steps[0]?.result).toMatchObject({ instances: [{ id: '@Export_2' }] });
  });

  test('fails the step with its words', async () => {
    world.dataPipelines.add(1, 'FAILED', { error: 'disk full', log: 's3://logs/x/' });
    await expect(failureOf(world.run(wait()))).resolves.toMatchObject({
      type: 'JobFailed',
      message: expect.stringContaining('Export FAILED: disk full'),
      details: [{ ref: '@Export_1', log: 's3://logs/x/' }],
    });
  });

  test('is counted since the run began, unless said', async () => {
    const error = await failureOf(world.run(wait().map((one) => ({ ...one, timeoutMs: 1_500 }))));
    expect(error).toMatchObject({ type: 'JobFailed' });
  });
});
