import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { WorkflowFailedError } from '@temporalio/client';
import { EtlError } from '../../src/domain/failure.ts';
import { createWorld, stateOf, step, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world.close());
beforeEach(() => {
  world.dataPipelines.activations = [];
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
    world.dataPipelines.instancesOf = [{ id: '@Export_0', name: 'Export', status: 'FAILED' }];
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
    world.dataPipelines.instancesOf = [{ id: '@Export_0', name: 'Export', status: 'RUNNING' }];
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
    world.dataPipelines.instancesOf = [{ id: '@Export_0', name: 'Export', status: 'FINISHED' }];
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
});
