import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { DuckDBInstance } from '@duckdb/node-api';
import { Client, Connection } from '@temporalio/client';
import { days, flightsFile } from '../../src/cli/demo/flights.ts';
import { DemoWarehouse } from '../../src/cli/demo/warehouse.ts';
import type { Progress } from '../../src/domain/run.ts';
import { millrace, runProgram, startMillrace, until, type Started } from './cli.ts';

interface Demo {
  runs: { interval: string; workflowId: string; status: string; rows: number; seconds: number }[];
  table: string;
  rows: number;
  endpoints: Record<string, string>;
  warehouse: { workgroup: string; database: string };
}

const DAYS = days(7);
const SUNDAY = 'flights-daily/2001-01-07';

let started: Started;
let demo: Demo;
let warehouse: DemoWarehouse;
let client: Client;
let connection: Connection;
let env: Record<string, string>;

/** The demo as a user starts it; it stays for the tests to look around. */
beforeAll(async () => {
  started = startMillrace(['demo', '--days', '7', '--keep', '--json']);
  demo = (await started.ready) as Demo;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const redshift = new RedshiftDataClient({
    endpoint: demo.endpoints['redshiftData'] ?? '',
    region: 'us-east-1',
    credentials,
  });
  warehouse = new DemoWarehouse(redshift, demo.warehouse);
  env = { TEMPORAL_ADDRESS: demo.endpoints['temporal'] ?? '' };
  connection = await Connection.connect({ address: demo.endpoints['temporal'] ?? '' });
  client = new Client({ connection });
}, 240_000);

afterAll(async () => {
  await connection?.close();
  started?.child.kill('SIGINT');
  await started?.ended;
});

const progressOf = (id: string) => client.workflow.getHandle(id).query<Progress>('progress');
const stepOf = async (id: string, step: string) => (await progressOf(id)).steps.find((it) => it.id === step);

async function wholeTable(): Promise<string[][]> {
  return warehouse.rows(
    `SELECT day, origin, destination, flights, mean_delay, max_delay FROM ${demo.table} ORDER BY day, origin, destination`,
  );
}

describe('the demo', () => {
  test('runs every day to its end', () => {
    expect(demo.runs.map(({ interval, status }) => [interval, status])).toEqual(
      DAYS.map((day) => [day, 'done']),
    );
    expect(demo.runs.every(({ rows }) => rows > 3_000)).toBe(true);
    expect(demo.rows).toBe(demo.runs.reduce((sum, { rows }) => sum + rows, 0));
  });

  test.each(DAYS)('has the numbers of an independent query over the Parquet file, for %s', async (day) => {
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    const reader = await duckdb.runAndReadAll(
      `SELECT origin || '-' || destination, count(*)::int, avg(delay), max(delay)::int FROM read_parquet('${flightsFile()}')
       WHERE date::date = DATE '${day}' GROUP BY ALL ORDER BY 1`,
    );
    duckdb.closeSync();
    const rows = await warehouse.rows(
      `SELECT origin || '-' || destination AS route, flights, mean_delay, max_delay FROM ${demo.table} WHERE day = '${day}'`,
    );
    const sorted = rows.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    const expected = reader.getRows().map((row) => row.map(String));
    expect(sorted.map(([route, flights, , max]) => [route, flights, max])).toEqual(
      expected.map(([route, flights, , max]) => [route, flights, max]),
    );
    const means = sorted.map(([, , mean]) => Number(mean));
    expected.forEach(([, , mean], at) => expect(means[at]).toBeCloseTo(Number(mean), 9));
  });

  test('hands over to the Data Pipeline, whose SqlActivity did its work for every day', async () => {
    const exported = await warehouse.rows('SELECT day, routes FROM public.route_export ORDER BY day');
    expect(exported).toEqual(demo.runs.map(({ interval, rows }) => [interval, String(rows)]));
  });

  test('alerts on the four days whose mean delay was above ten minutes', async () => {
    const alerts = await Promise.all(DAYS.map((day) => stepOf(`flights-daily/${day}`, 'alert')));
    expect(alerts.map((step) => step?.state)).toEqual([
      'done',
      'done',
      'done',
      'skipped',
      'done',
      'skipped',
      'skipped',
    ]);
  });

  test('had a day whose input came late, and whose second attempt found it', async () => {
    expect(await stepOf('flights-daily/2001-01-03', 'routes')).toMatchObject({ state: 'done', attempt: 2 });
  });

  test('leaves an output of one file, by the attempt that succeeded', async () => {
    const step = await stepOf('flights-daily/2001-01-03', 'routes');
    expect(step?.result).toMatchObject({
      output: { path: 's3://lake/routes/dt=2001-01-03/', format: 'parquet' },
      files: 1,
      attempts: 2,
    });
  });
});

describe('on the stack that the demo left', () => {
  test('a rerun of a finished interval leaves the table as it was', async () => {
    const before = await wholeTable();
    const { code, stdout } = await millrace(
      ['run', 'flights-daily', '--interval', '2001-01-02', '--wait', '--json'],
      env,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      workflowId: 'flights-daily/2001-01-02',
      interval: '2001-01-02',
      status: 'done',
      steps: expect.arrayContaining([expect.objectContaining({ id: 'publish', state: 'done' })]),
    });
    expect(code).toBe(0);
    expect(await wholeTable()).toEqual(before);
  });

  test('a long job heartbeats its ref, was submitted once, and a second run is refused meanwhile', async () => {
    const first = await millrace(['run', 'flights-daily', '--interval', '2001-01-07', '--json'], env);
    const { workflowId, runId } = JSON.parse(first.stdout) as { workflowId: string; runId: string };
    expect(workflowId).toBe(SUNDAY);
    await until(async () => ((await stepOf(SUNDAY, 'connections'))?.state === 'running' ? true : undefined));

    const second = await millrace(['run', 'flights-daily', '--interval', '2001-01-07', '--json'], env);
    expect(second.code).toBe(2);
    expect(JSON.parse(second.stdout)).toMatchObject({ error: { type: 'AlreadyOpen', workflowId, runId } });

    const handle = client.workflow.getHandle(SUNDAY, runId);
    const beats = new Set<number>();
    const details = await until(async () => {
      const { raw } = await handle.describe();
      const waiting = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'awaitWork');
      const at = waiting?.lastHeartbeatTime?.seconds;
      if (at !== undefined && at !== null) beats.add(Number(at));
      const payload = waiting?.heartbeatDetails?.payloads?.[0]?.data;
      const said = payload ? (JSON.parse(Buffer.from(payload).toString()) as { ref: string }) : undefined;
      return beats.size >= 2 && said ? said : undefined;
    });
    await handle.result();
    const step = await stepOf(SUNDAY, 'connections');
    expect(details.ref).toBe(step?.result?.['ref']);

    const { events } = await handle.fetchHistory();
    const submits = events?.filter(({ activityTaskScheduledEventAttributes: scheduled }) => {
      const input = scheduled?.input?.payloads?.[0]?.data;
      const isSubmit = scheduled?.activityType?.name === 'submitWork';
      return isSubmit && Buffer.from(input ?? []).includes('lake/connections');
    });
    expect(submits).toHaveLength(1);
  });

  test('`runs` and `show` tell what there is', async () => {
    const listed = JSON.parse((await millrace(['runs', 'flights-daily', '--json'], env)).stdout) as {
      workflowId: string;
      trigger: string;
      status: string;
    }[];
    expect(new Set(listed.map(({ workflowId }) => workflowId))).toEqual(
      new Set(DAYS.map((day) => `flights-daily/${day}`)),
    );
    expect(listed[0]).toMatchObject({ pipeline: 'flights-daily', trigger: 'run' });
    const shown = JSON.parse((await millrace(['show', 'flights-daily/2001-01-01', '--json'], env)).stdout);
    expect(shown).toEqual(await progressOf('flights-daily/2001-01-01'));
    const missing = await millrace(['show', 'flights-daily/1999-01-01', '--json'], env);
    expect([missing.code, JSON.parse(missing.stdout).error.type]).toEqual([2, 'NotFound']);
  });

  test('a bad interval or parameter is refused before anything starts', async () => {
    const interval = await millrace(['run', 'flights-daily', '--interval', '2001-02-31', '--json'], env);
    expect([interval.code, JSON.parse(interval.stdout).error.message]).toEqual([
      2,
      expect.stringContaining('2001-02-31'),
    ]);
    const param = await millrace(['run', 'flights-daily', '--param', 'alrtAbove=1', '--json'], env);
    expect([param.code, JSON.parse(param.stdout).error.fix]).toEqual([
      2,
      expect.stringContaining('alertAbove'),
    ]);
  });

  test('a failed run exits with 1 and says what to do', async () => {
    const args = ['run', 'flights-daily', '--interval', '2001-06-01', '--wait'];
    const { code, stderr } = await millrace(args, env);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n').at(-1)).toMatch(
      /^flights-daily\/2001-06-01 failed: step routes, attempt 3 of 3: JobFailed: no file matches s3:\/\/raw\/flights\/dt=2001-06-01\/.* Log: \S+log\S*\. Again: millrace run flights-daily --interval 2001-06-01$/,
    );
  });

  test('cancel stops the job and says so', async () => {
    await millrace(['run', 'flights-daily', '--interval', '2001-01-07'], env);
    const step = await until(async () => {
      const now = await stepOf(SUNDAY, 'connections');
      return now?.detail?.includes('mr-') ? now : undefined;
    });
    const { code, stdout } = await millrace(['cancel', SUNDAY, '--json'], env);
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ workflowId: SUNDAY, status: 'cancelled' }),
    ]);
    const ref = /mr-\S+/.exec(step.detail ?? '')?.[0] ?? '';
    const folder = new URL(`../../.millrace/demo/engines/etl/${ref}/`, import.meta.url);
    expect(JSON.parse(await readFile(new URL('state.json', folder), 'utf8'))).toMatchObject({
      status: 'cancelled',
    });
  });
});

describe('the Temporal CLI alone', () => {
  const tools = async () =>
    JSON.parse(await readFile(new URL('../../.millrace/tools.json', import.meta.url), 'utf8')) as {
      temporal: string;
    };
  const temporal = async (...args: string[]) => runProgram((await tools()).temporal, args, env);
  const start = (id: string, input: string) =>
    temporal(
      'workflow',
      'execute',
      '--type',
      'pipeline',
      '--task-queue',
      'millrace',
      '--workflow-id',
      id,
      '--input',
      input,
    );

  test('starts a run as `millrace run` does', async () => {
    const { code } = await start(
      'flights-daily/2001-01-04',
      '{"pipeline":"flights-daily","interval":"2001-01-04"}',
    );
    expect(code).toBe(0);
    expect((await progressOf('flights-daily/2001-01-04')).status).toBe('done');
  });

  test('starts it under any other workflow ID, too', async () => {
    const { code } = await start('typed-by-hand', '{"pipeline":"flights-daily","interval":"2001-01-05"}');
    expect(code).toBe(0);
    const runs = client.workflow.list({ query: 'WorkflowId = "flights-daily/2001-01-05"' });
    const found = [];
    for await (const run of runs) found.push(run);
    expect(found).toHaveLength(2);
    expect((await client.workflow.getHandle('typed-by-hand').result()) as unknown).toMatchObject({
      status: 'done',
    });
  });

  test('gets a clear failure for a bad input at once', async () => {
    const { code, stdout, stderr } = await start('flights-daily/bad', '{"pipelin":"flights-daily"}');
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/pipelin/);
  });

  test('runs every command of its page in the docs, in order', async () => {
    const page = await readFile(new URL('../../docs/temporal-cli.md', import.meta.url), 'utf8');
    const commands = [...page.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
      block.trim().split('\n'),
    );
    expect(commands.length).toBeGreaterThan(10);
    const bin = dirname((await tools()).temporal);
    for (const command of commands) {
      const ran = await runProgram('sh', ['-c', command], { ...env, PATH: `${bin}:${process.env['PATH']}` });
      expect({ command, ...ran }).toMatchObject({ command, code: 0 });
    }
  }, 300_000);
});
