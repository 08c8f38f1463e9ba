import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import { millrace, until } from './cli.ts';
import { createWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world?.stop(), 60_000);

const STEPS =
  'steps:\n  - { id: mark, putObject: { path: "s3://lake/marks/${interval.date}", content: x } }\n';

const runs = async (...args: string[]) => {
  const ran = await millrace(['runs', ...args, '--config', world.config, '--json'], world.stack.env);
  return { ...ran, rows: JSON.parse(ran.stdout) as Record<string, unknown>[] };
};

test('`runs --since` lists runs that Temporal has forgotten among those that it knows', async () => {
  for (const day of ['2001-01-05', '2001-01-06', '2001-01-07']) {
    await (await world.start('marks', STEPS, day)).result();
  }
  const before = (await runs('marks')).rows;
  expect(before.map(({ interval }) => interval)).toEqual(['2001-01-07', '2001-01-06', '2001-01-05']);

  const workflowId = 'marks/2001-01-06';
  const namespace = world.stack.namespace;
  await world.client.workflowService.deleteWorkflowExecution({
    namespace,
    workflowExecution: { workflowId },
  });
  await until(() =>
    world.client.workflow
      .getHandle(workflowId)
      .describe()
      .then(() => undefined)
      .catch((error: unknown) => (error instanceof WorkflowNotFoundError ? true : undefined)),
  );
  await until(async () => ((await runs('marks')).rows.length === 2 ? true : undefined));

  // The record knows the start as the workflow does, and the end as of just before the workflow's own.
  const rows = (await runs('marks', '--since', '1d')).rows;
  const withoutEnd = (all: typeof rows) => all.map(({ endedAt: _, ...row }) => row);
  expect(withoutEnd(rows)).toEqual(withoutEnd(before));
  expect((await runs('--since', '1d', '--limit', '2')).rows).toEqual(rows.slice(0, 2));
  expect((await runs('--since', '2100-01-01')).rows).toEqual([]);
});

test('`runs` refuses a time that it cannot read', async () => {
  const { code, stdout } = await millrace(['runs', '--since', 'yesterday', '--json'], world.stack.env);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { type: 'Usage', message: "--since can't be yesterday" },
  });
});
