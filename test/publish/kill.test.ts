import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunResult } from '../../src/domain/run.ts';
import { until } from '../e2e/cli.ts';
import { createWorld, type World } from '../e2e/world.ts';

/*
 * Workers are killed while runs publish, each run at another of its requests; whatever each had sent, its rows are there
 * once. A submission whose answer nobody has is looked up half a minute later, so this takes a while.
 */

const RUNS = 8;
const ROWS = 100;
const KILLS = 3;
const MODES = {
  append: 'mode: append',
  upsert: 'mode: upsert, uniqueKey: [day, n]',
  replaceWhere: 'mode: replaceWhere, where: "day = ${interval.date}"',
};

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world?.stop(), 60_000);

test.each(Object.entries(MODES))(
  '%s through workers that die: every row once',
  async (mode, args) => {
    const table = `public.kill_${mode.toLowerCase()}`;
    await world.warehouse.run(`CREATE TABLE ${table} (day date, n int)`);
    const days = Array.from({ length: RUNS }, (_, n) => `2001-01-${String(n + 1).padStart(2, '0')}`);
    const put = (day: string) =>
      world.put(
        `s3://lake/kill-${mode}/dt=${day}/a.parquet`,
        `SELECT DATE '${day}' AS day, CAST(range AS INT) AS n FROM range(${ROWS})`,
      );
    for (const day of days) await put(day);
    const copy = `from: { path: "s3://lake/kill-${mode}/dt=\${interval.date}/", format: parquet }, table: ${table}, ${args}`;
    const steps = `steps:\n  - id: publish\n    redshiftCopy: { warehouse: analytics, ${copy} }\n`;
    const handles = [];
    for (const day of days) {
      handles.push(await world.start(`kill-${mode.toLowerCase()}`, steps, day));
      await sleep(Math.random() * 300);
    }
    for (let kill = 0; kill < KILLS; kill += 1) {
      process.kill(await until(() => world.stack.pids()['worker']), 'SIGKILL');
      await sleep(2_000 + Math.random() * 3_000);
    }
    const results = (await Promise.all(handles.map((handle) => handle.result()))) as RunResult[];
    for (const {
      steps: [publish],
    } of results)
      expect(publish).toMatchObject({ state: 'done', result: { rows: ROWS } });
    const counted = `SELECT day, COUNT(*), COUNT(DISTINCT n) FROM ${table} GROUP BY day ORDER BY day`;
    expect(await world.warehouse.rows(counted)).toEqual(days.map((day) => [day, `${ROWS}`, `${ROWS}`]));
    const stages = "SELECT tablename FROM pg_tables WHERE LEFT(tablename, 5) = 's_mr_'";
    expect(await world.warehouse.rows(stages)).toEqual([]);
  },
  300_000,
);
