import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { Progress, RunResult } from '../../src/domain/run.ts';
import { foundTools } from '../../src/config.ts';
import { millrace, runProgram, until } from './cli.ts';
import { createSumsWorld, LONG, pipeline, RIGHT, SUMS, type SumsWorld } from './sums.ts';

let world: SumsWorld;
let env: Record<string, string | undefined>;

beforeAll(async () => {
  world = await createSumsWorld();
  env = {
    ...world.stack.env,
    TEMPORAL_ADDRESS: world.stack.endpoints.temporal,
    MILLRACE_FOLDER: join(world.folder, 'stack'),
  };
});
afterAll(async () => world?.stop(), 60_000);
beforeEach(async () => world.clear());

const say = (...args: string[]) => millrace([...args, '--config', world.config, '--json'], env);
const jobs = () => join(world.folder, 'stack', 'engines', 'etl');
const keyIn = (detail: string | null) => /mr-\S+$/.exec(detail ?? '')?.[0];

/** Waits for a step's job, and removes it, with all that the engine knew of it. */
async function loseJob(handle: WorkflowHandle, id: string): Promise<void> {
  const { detail } = await world.untilStep(
    handle,
    id,
    ({ state, detail }) => state === 'running' && keyIn(detail) !== undefined,
  );
  rmSync(join(jobs(), keyIn(detail) ?? ''), { recursive: true, force: true });
  await world.untilStep(handle, id, (step) => step.state === 'lost');
}

/** A run whose job is gone. */
async function lose(name: string, interval: string): Promise<void> {
  await world.numbers(interval);
  await loseJob(await world.start(name, pipeline(LONG), interval), 'sums');
}

describe('a step whose job is lost', () => {
  test('is told by show, is resubmitted, and the run goes on', async () => {
    await lose('lost-again', '2001-03-01');
    const shown = JSON.parse((await say('show', 'lost-again/2001-03-01')).stdout) as RunResult;
    expect(shown.steps[0]).toMatchObject({ state: 'lost', failure: { type: 'JobLost' } });
    const refused = await say('adopt', 'lost-again/2001-03-01', 'publish', 'x');
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { message: expect.stringContaining('not lost') },
    });
    expect((await say('resubmit', 'lost-again/2001-03-01', 'sums')).code).toBe(0);
    const result = (await world.client.workflow.getHandle('lost-again/2001-03-01').result()) as RunResult;
    expect(result.status).toBe('done');
    expect(await world.loaded()).toEqual(RIGHT('2001-03-01'));
  });

  test('is abandoned, and the run fails', async () => {
    await lose('lost-for-good', '2001-03-02');
    expect((await say('abandon', 'lost-for-good/2001-03-02', 'sums')).code).toBe(0);
    await expect(world.client.workflow.getHandle('lost-for-good/2001-03-02').result()).rejects.toThrow();
    expect((await say('abandon', 'nobody/2001-03-02', 'sums')).code).toBe(2);
  });
});

describe('the log of a job', () => {
  const written = ({ stdout }: { stdout: string }) =>
    stdout
      .split('\n')
      .flatMap((line) => (line === '' ? [] : (JSON.parse(line) as { lines: string[] }).lines));

  test('is followed to the end of the job, and can be read afterwards', async () => {
    await world.numbers('2001-03-05');
    const handle = await world.start('logged', pipeline(LONG), '2001-03-05');
    await world.untilStep(handle, 'sums', (step) => keyIn(step.detail) !== undefined);
    const followed = written(await say('logs', 'logged/2001-03-05', '--follow'));
    expect(followed).toContainEqual(expect.stringContaining('input numbers: s3://raw/numbers/'));
    expect(followed.at(-1)).toMatch(/ done/);
    await handle.result();
    expect(written(await say('logs', 'logged/2001-03-05', 'sums'))).toEqual(followed);
  });

  test('of a step that has none is refused with those that have', async () => {
    const { code, stdout } = await say('logs', 'logged/2001-03-05', 'publish');
    expect([code, JSON.parse(stdout)]).toMatchObject([
      2,
      { error: { type: 'NotFound', fix: 'steps with jobs: sums' } },
    ]);
  });
});

describe('orphans', () => {
  test('are the jobs of a terminated run, and are stopped when asked', async () => {
    await world.numbers('2001-03-03');
    const handle = await world.start(
      'terminated',
      pipeline(LONG.replace('range(12000)', 'range(400000)')),
      '2001-03-03',
    );
    const { detail } = await world.untilStep(handle, 'sums', (step) => keyIn(step.detail) !== undefined);
    const key = keyIn(detail);
    const mine = async (...more: string[]) =>
      (JSON.parse((await say('orphans', ...more)).stdout) as { key: string }[]).filter(
        (job) => job.key === key,
      );
    expect(await mine()).toEqual([]);
    await handle.terminate();
    await until(async () => ((await mine()).length === 1 ? true : undefined));
    expect(await mine('--cancel')).toMatchObject([{ engine: 'etl', ref: key }]);
    expect(await mine()).toEqual([]);
  });
});

/* The commands of docs/temporal-cli.md that the demo has no use for, as they stand there. */
describe('the Temporal CLI', () => {
  const page = readFileSync(new URL('../../docs/temporal-cli.md', import.meta.url), 'utf8');
  const shown = [...page.matchAll(/^```console\n\$ (.*)\n```/gm)].map(([, command = '']) => command);
  const said = new Set<string>();

  /** Runs the command that has these words in it, with other words in the place of some. */
  async function command(words: string, change: (text: string) => string = (text) => text) {
    const text = shown.find((one) => one.includes(words)) ?? `there is no command with ${words}`;
    said.add(text);
    const path = [dirname(foundTools().temporal ?? ''), process.env['PATH']].join(delimiter);
    const ran = await runProgram('sh', ['-c', change(text)], { ...env, PATH: path });
    expect({ text, ...ran }).toMatchObject({ text, code: 0 });
  }

  const routes = (query: string) => `
defaults: { engine: etl }
steps:
  - id: routes
    sql:
      inputs: { numbers: { path: "s3://raw/numbers/dt=\${interval.date}/", format: parquet } }
      query: |
        ${query}
      output: { path: "s3://lake/routes/dt=\${interval.date}/", format: parquet }
`;

  test('adopts, resubmits and abandons a lost job', async () => {
    const [day, other] = ['2001-01-05', '2001-01-06'];
    await Promise.all([world.numbers(day), world.numbers(other)]);
    const twin = await world.start('flights-daily', routes(SUMS), other);
    const { steps } = (await twin.result()) as RunResult;
    const ref = steps[0]?.result?.['ref'] as string;
    const start = () => world.start('flights-daily', routes(LONG), day);

    const adopted = await start();
    await loseJob(adopted, 'routes');
    await command('--name adopt', (text) => text.replace(/"ref":"[^"]*"/, `"ref":"${ref}"`));
    expect(((await adopted.result()) as RunResult).steps[0]).toMatchObject({
      state: 'done',
      result: { ref },
    });

    const again = await start();
    await loseJob(again, 'routes');
    await command('--name resubmit');
    await loseJob(again, 'routes');
    await command('--name abandon');
    await expect(again.result()).rejects.toThrow();
  });

  test('lets a run wait no longer', async () => {
    const nothing = 'steps: [{ id: a, putObject: { path: "s3://lake/x", content: x } }]\n';
    writeFileSync(join(world.folder, 'orders-daily.pipeline.yaml'), `name: orders-daily\n${nothing}`);
    const waits = await world.start('report-daily', `after: [orders-daily]\n${nothing}`, '2001-01-05');
    await until(async () => {
      const now = await waits.query<Progress>('progress').catch(() => undefined);
      return now?.waitsFor?.length === 1 ? true : undefined;
    });
    await command('--name otherEnded');
    expect(((await waits.result()) as RunResult).status).toBe('done');
  });

  test('was asked everything that stands in the page', () => {
    expect([...said].sort()).toEqual([...shown].sort());
  });
});
