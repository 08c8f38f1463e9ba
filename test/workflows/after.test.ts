import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { EtlError } from '../../src/domain/failure.ts';
import type { RunResult } from '../../src/domain/run.ts';
import type { RunRecord } from '../../src/domain/run-record.ts';
import { TemporalRendezvous } from '../../src/triggers/rendezvous.ts';
import { failureOf } from '../failure-of.ts';
import { createWorld, sql, stateOf, step, type World } from './world.ts';

const INTERVAL = '2001-01-05';
const HOUR_MS = 3_600_000;

/** What these tests do in a world. */
class Days {
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  async start(name: string, interval = INTERVAL): Promise<WorkflowHandle> {
    const workflowId = `${name}/${interval}`;
    const args = [{ pipeline: name }];
    return this.world.client.workflow.start('pipeline', { taskQueue: 'test', workflowId, args });
  }

  /** Starts it once it waits for those that it comes after. */
  async startWaiting(name: string): Promise<WorkflowHandle> {
    const handle = await this.start(name);
    const { after = [] } = this.world.definitions.get(name) ?? {};
    for (const other of after) await this.rendezvous(other, 'RUNNING');
    return handle;
  }

  /** Waits until the rendezvous for a pipeline's run is in that state. */
  async rendezvous(name: string, wanted: string): Promise<void> {
    const handle = this.world.client.workflow.getHandle(`${name}/${INTERVAL}/rendezvous`);
    for (const givenUpAt = Date.now() + 30_000; Date.now() < givenUpAt;) {
      const status = await handle.describe().then(
        ({ status }) => status.name,
        () => 'none',
      );
      if (status === wanted) return;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    throw new Error(`the rendezvous for ${name} is not ${wanted}`);
  }
}

describe('a run that comes after another', () => {
  let world: World;
  let days: Days;
  let other: string;
  let name: string;
  let count = 0;

  beforeAll(async () => {
    world = await createWorld();
    days = new Days(world);
  });
  afterAll(async () => world.close());
  beforeEach(() => {
    count += 1;
    [other, name] = [`orders${count}`, `report${count}`];
    days.world.define(other);
    days.world.define(name, { after: [other] });
    world.engine.behave = () => ({ status: 'done' });
    world.messages.length = 0;
    world.onWrite = () => {};
  });

  test('goes on at once when that one was done', async () => {
    await (await days.start(other)).result();
    const result = (await (await days.start(name)).result()) as RunResult;
    expect(result.status).toBe('done');
    await days.rendezvous(other, 'none');
  });

  test('waits until that one is done, and says for whom', async () => {
    const handle = await days.startWaiting(name);
    const progress = await world.progress(handle);
    expect(progress).toMatchObject({ status: 'running', waitsFor: [`${other}/${INTERVAL}`] });
    expect(stateOf(progress, 'a')).toBe('waiting');
    await (await days.start(other)).result();
    await handle.result();
    expect(await world.progress(handle)).not.toHaveProperty('waitsFor');
    await days.rendezvous(other, 'COMPLETED');
  });

  test('waits for all of them, also when several wait for the same', async () => {
    const third = `third${count}`;
    days.world.define(third, { after: [other, name] });
    const waiting = await Promise.all([days.startWaiting(third), days.startWaiting(name)]);
    await (await days.start(other)).result();
    const [ended] = (await Promise.all(waiting.map((handle) => handle.result()))) as RunResult[];
    expect(ended?.status).toBe('done');
  });

  test('goes on waiting when that one failed, until a rerun is done', async () => {
    world.engine.behave = (nth) =>
      nth === failing ? { status: 'failed', message: 'no' } : { status: 'done' };
    const failing = world.engine.submissions.length + 1;
    const handle = await days.startWaiting(name);
    await (await days.start(other)).result().catch(() => {});
    expect((await world.progress(handle)).waitsFor).toEqual([`${other}/${INTERVAL}`]);
    await (await days.start(other)).result();
    await handle.result();
  });

  test.each([
    ['done', 'done', 'COMPLETED'],
    ['failed', 'running', 'RUNNING'],
  ])('hears that one was %s whose record is refused', async (status, waiting, theirs) => {
    const failing = world.engine.submissions.length + 1;
    world.engine.behave = (nth) =>
      nth === failing && status === 'failed' ? { status: 'failed', message: 'no' } : { status: 'done' };
    world.onWrite = (path) => {
      if (path.includes(`/${other}/`)) throw new EtlError('Rejected', 'no permission');
    };
    const handle = await days.startWaiting(name);
    await (await days.start(other)).result().catch(() => {});
    expect(await world.records.read(other, INTERVAL)).toBeUndefined();
    if (waiting === 'done') return expect(await handle.result()).toMatchObject({ status: waiting });
    expect(await world.progress(handle)).toMatchObject({ waitsFor: [`${other}/${INTERVAL}`] });
    await days.rendezvous(other, theirs);
    await (await days.start(other)).result();
    await handle.result();
  });

  test('goes on at once when that one was done without a record', async () => {
    world.onWrite = (path) => {
      if (path.includes(`/${other}/`)) throw new EtlError('Rejected', 'no permission');
    };
    await (await days.start(other)).result();
    await (await days.start(name)).result();
  });

  test('does not take a failed run before it for a done one', async () => {
    const failing = world.engine.submissions.length + 1;
    world.engine.behave = (nth) =>
      nth === failing ? { status: 'failed', message: 'no' } : { status: 'done' };
    await (await days.start(other)).result().catch(() => {});
    const handle = await days.startWaiting(name);
    await (await days.start(other)).result();
    await handle.result();
  });

  test('fails when its time is up, and leaves the rendezvous', async () => {
    const onFailure = [step('notify', 'tell', { webhook: 'oncall', message: '${failure.message}' })];
    const handle = await world.start([sql('a')], { after: [other], timeoutMs: 6 * HOUR_MS, onFailure });
    const failure = await failureOf(handle.result());
    const words = `the run timed out after 6h, and waits for ${other}/${INTERVAL}`;
    expect(failure).toMatchObject({ type: 'InputMissing', message: `step a: InputMissing: ${words}` });
    expect(world.messages.map(({ text }) => text)).toEqual([words]);
    await days.rendezvous(other, 'COMPLETED');
  });

  test('leaves the rendezvous when it is cancelled; the others go on waiting', async () => {
    const second = `second${count}`;
    days.world.define(second, { after: [other] });
    const [first, stays] = [await days.startWaiting(name), await days.startWaiting(second)];
    await first.cancel();
    await first.result().catch(() => {});
    expect((await first.describe()).status.name).toBe('CANCELLED');
    expect(await world.records.read(name, INTERVAL)).toMatchObject({ status: 'cancelled' });
    await (await days.start(other)).result();
    await stays.result();
    await days.rendezvous(other, 'COMPLETED');
  });

  test('a person may say that it need not wait', async () => {
    const handle = await days.startWaiting(name);
    await handle.signal('otherEnded', 'what is this');
    await handle.signal('otherEnded', { workflowId: `${other}/${INTERVAL}`, status: 'done' });
    await handle.result();
  });

  test.each([
    ['no pipeline of that name', { after: ['nobody'] }, 'no pipeline is called nobody'],
    [
      'another kind of interval',
      { after: ['monthly'] },
      /^\w+ covers a day and monthly a month; a run waits for one of the same interval only$/,
    ],
    [
      'a circle',
      { after: ['ring'] },
      'ringed waits for ring waits for ringed; take one of these out of `after`',
    ],
  ])('is refused for %s', async (_what, more, words) => {
    days.world.define('monthly', { covers: 'month' });
    days.world.define('ring', { after: ['ringed'] });
    days.world.define('ringed', more);
    const failure = await failureOf((await days.start('ringed')).result());
    expect(failure.type).toBe('Rejected');
    expect(failure.message).toMatch(words);
  });

  test('hours are the same by their instant, in whatever zone', async () => {
    days.world.define(other, { covers: 'hour', timezone: 'America/New_York' });
    days.world.define(name, { covers: 'hour', timezone: 'Europe/Berlin', after: [other] });
    await (await days.start(other, '2001-01-05T03-05:00')).result();
    await (await days.start(name, '2001-01-05T09+01:00')).result();
  });
});

describe('a run that is done just when another looks', () => {
  let world: World;
  let days: Days;
  beforeAll(async () => {
    world = await createWorld({ resets: true });
    days = new Days(world);
  });
  afterAll(async () => world.close());

  test('is seen, whichever comes first, and nobody waits any more', async () => {
    const runs = Array.from({ length: 16 }, async (_, at) => {
      days.world.define(`x${at}`);
      days.world.define(`y${at}`, { after: [`x${at}`] });
      const order = at % 2 === 0 ? [`x${at}`, `y${at}`] : [`y${at}`, `x${at}`];
      await Promise.all(order.map(async (name) => (await days.start(name)).result()));
      const [x, y] = [
        await world.records.read(`x${at}`, INTERVAL),
        await world.records.read(`y${at}`, INTERVAL),
      ];
      expect(String(x?.steps[0]?.endedAt) <= String(y?.steps[0]?.startedAt)).toBe(true);
      const met = world.client.workflow.getHandle(`x${at}/${INTERVAL}/rendezvous`);
      await met.result().catch(() => {});
    });
    await Promise.all(runs);
  });

  test.each([
    ['between the two looks', 1],
    ['right after them', 2],
  ])('is seen when it ends %s', async (_, after) => {
    const [other, waiter] = [`z${after}/${INTERVAL}`, `waits${after}/${INTERVAL}`];
    days.world.define(`waits${after}`, { after: [`z${after}`] });
    days.world.define(`z${after}`);
    const handle = await days.startWaiting(`waits${after}`);
    let looks = 0;
    let record: RunRecord | undefined;
    const ends = async () => {
      record = { status: 'done' } as RunRecord;
      await rendezvous.announce(other, 'done');
    };
    const rendezvous = new TemporalRendezvous(world.client, 'test', {
      read: async () => {
        const seen = record;
        if ((looks += 1) === after) await ends();
        return seen;
      },
    });
    const isDone = await rendezvous.meet(other, waiter);
    expect(isDone).toBe(after === 1);
    await handle.result();
    await days.rendezvous(`z${after}`, 'COMPLETED');
  });
});
