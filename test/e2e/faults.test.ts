import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SUMS, createSumsWorld, pipeline, type SumsWorld } from './sums.ts';
import { failureOf } from '../failure-of.ts';

let world: SumsWorld;

beforeAll(async () => {
  world = await createSumsWorld();
});
afterAll(async () => world?.stop(), 60_000);
beforeEach(async () => world.clear());

describe('bad input ends in a failed run that says what, why and where', () => {
  test('a missing column', async () => {
    await world.numbers('2001-01-01');
    const handle = await world.start('missing-column', pipeline('select delayy from numbers'), '2001-01-01');
    const { message, type, details } = await failureOf(handle.result());
    expect(type).toBe('JobFailed');
    expect(message).toMatch(/^step sums, attempt 2 of 2: JobFailed: .*"delayy"/);
    expect(message).not.toContain('\n');
    const { log } = details?.[0] as { log: string };
    expect(readFileSync(log, 'utf8')).toContain('delayy');
    expect(await world.keys('lake', 'sums/dt=2001-01-01/')).toEqual([]);
  });

  test('a prefix without files', async () => {
    const handle = await world.start('no-files', pipeline(SUMS), '2001-01-02');
    const { message } = await failureOf(handle.result());
    expect(message).toMatch(/no file matches s3:\/\/raw\/numbers\/dt=2001-01-02\//);
  });

  test('a table whose columns do not fit, and the target stays as it was', async () => {
    await world.numbers('2001-01-03');
    await world.warehouse.run("INSERT INTO public.sums VALUES ('2001-01-03', 'k0', 1)");
    const query = 'select ${interval.date} as day, key, sum(n) as total from numbers group by key';
    const handle = await world.start('misfit', pipeline(query), '2001-01-03');
    const { message, type } = await failureOf(handle.result());
    expect(type).toBe('PublishFailed');
    expect(message).toMatch(/^step publish, attempt 2 of 2: PublishFailed: .*total/s);
    expect(await world.loaded()).toEqual([['2001-01-03', 'k0', '1']]);
  });

  test('a table that does not exist', async () => {
    await world.numbers('2001-01-04');
    const handle = await world.start('no-table', pipeline(SUMS, '', 'public.nowhere'), '2001-01-04');
    const { message, type } = await failureOf(handle.result());
    expect([type, message]).toEqual(['PublishFailed', expect.stringContaining('nowhere')]);
  });

  test('rows that the unique key does not tell apart', async () => {
    await world.numbers('2001-01-05');
    const query = 'select ${interval.date} as day, key, cast(n as int) as total from numbers';
    const { message } = await failureOf(
      (await world.start('doubles', pipeline(query), '2001-01-05')).result(),
    );
    expect(message).toMatch(/several rows with the same day, key/);
    expect(await world.loaded()).toEqual([]);
  });
});
