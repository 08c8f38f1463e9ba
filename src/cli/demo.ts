import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Option, type Command } from 'commander';
import { completeEnvironment, environment, foundTools, packageRoot } from '../config.ts';
import type { Progress } from '../domain/run.ts';
import { configuration, withConfig, type CommonFlags } from './context.ts';
import { Board } from './demo/board.ts';
import { DEMO_ENGINES, startEngine, withEngine, type DemoEngine } from './demo/engine.ts';
import { days, MOST_DAYS } from './demo/flights.ts';
import { runDays, type DemoRun } from './demo/runs.ts';
import { withFlights, type Seeded } from './demo/seed.ts';
import { TABLE } from './demo/warehouse.ts';
import { CliError } from './error.ts';
import { printJson, say, table } from './output.ts';
import { describeStack } from './stack/describe.ts';
import { untilInterrupted, type Interrupt } from './stack/interrupt.ts';
import { cancelJobs } from './stack/jobs.ts';
import { watchedBy } from './stack/new-data.ts';
import { announcementFile, runningDev } from './stack/running.ts';
import { startStack, type Stack } from './stack/stack.ts';

const PIPELINE = 'flights-daily';
/** The day whose file comes late, so that its first attempt really finds nothing. */
const LATE_DAY = '2001-01-03';
/** An m5.large in us-east-1, on demand: https://aws.amazon.com/ec2/pricing/on-demand/ */
const IDLING_DOLLARS_AN_HOUR = 0.096;

interface DemoFlags extends CommonFlags {
  days: number;
  keep?: boolean;
  events?: boolean;
  engine: DemoEngine;
}

export const demo = (program: Command): void =>
  void withConfig(program.command('demo'))
    .description('runs the example on real flights, on a local stack of its own')
    .option('--days <n>', `how many days, from 2001-01-01 on (at most ${MOST_DAYS})`, Number, 7)
    .addOption(
      new Option('--engine <type>', 'what the jobs run on; livy and spark need `npm run setup -- --spark`')
        .choices(DEMO_ENGINES)
        .default('duckdb'),
    )
    .option('--events', 'start nothing: the files that are put into S3 start the runs')
    .option('--keep', 'leave the stack running until Ctrl-C, to look around')
    .addHelpText(
      'after',
      `
Examples:
  $ millrace demo
  $ millrace demo --days 3 --keep
  $ millrace demo --events
  $ millrace demo --engine qubole`,
    )
    .action(async (flags: DemoFlags) => {
      if (!Number.isInteger(flags.days) || flags.days < 1 || flags.days > MOST_DAYS) {
        throw new CliError('Usage', '--days takes a whole number', `write one from 1 to ${MOST_DAYS}`);
      }
      await untilInterrupted(async (interrupt) => {
        say('starting the local stack: Temporal, S3, a warehouse, Data Pipeline, a worker');
        const board = new Board();
        const { stack, taskQueue } = await start(flags, interrupt, board);
        try {
          const finished = await Promise.race([play(stack, taskQueue, flags, board), interrupt.interrupted]);
          if (finished && flags.keep) {
            say('\nThe stack stays until Ctrl-C.');
            await interrupt.interrupted;
          }
        } finally {
          say('ending the local stack …');
          await stack.stop();
        }
      });
    });

async function start(flags: DemoFlags, { signal, hurry }: Interrupt, board: Board) {
  const { engine } = flags;
  const tools = foundTools();
  const root = packageRoot();
  const config = await configuration({ config: join(root, 'millrace.yaml'), ...flags });
  const { file, folder, taskQueue } = config;
  const announceAs = announcementFile(folder);
  const stack = await startStack({
    folder: join(folder, '.millrace', 'demo'),
    root,
    env: environment,
    tools,
    persist: false,
    // Other commands find this stack, unless there is one that they use already.
    ...(runningDev(folder) === undefined && { announceAs }),
    worker: {
      configPath:
        engine === 'duckdb'
          ? file
          : async (beside) => withEngine(file, beside.folder, await startEngine(engine, tools, beside)),
      taskQueue,
    },
    ...(flags.events && {
      newData: () => watchedBy(config),
    }),
    // Other engines' jobs end with their servers.
    afterWorker: async (stackEnv) => {
      if (engine === 'duckdb') await cancelJobs(config, completeEnvironment(stackEnv));
    },
    log: (text) => board.say(text),
    signal,
    hurry,
  });
  return { stack, taskQueue };
}

/** Runs the days and shows what came of them. */
async function play(stack: Stack, taskQueue: string, flags: DemoFlags, board: Board): Promise<true> {
  const all = days(flags.days);
  const late = all.filter((day) => day === LATE_DAY);
  const { endpoints, namespace, warehouse } = stack;
  const connection = await Connection.connect({ address: endpoints.temporal });
  try {
    const client = new Client({ connection, namespace });
    await withFlights(stack, all, late, async (seeded) => {
      const count = `${all.length} ${all.length === 1 ? 'day' : 'days'}`;
      say(
        flags.events
          ? `the flights of ${count} come into S3, and each starts the run of its day; watch at ${endpoints.ui}`
          : `runs ${PIPELINE} for ${count}; watch at ${endpoints.ui}`,
      );
      const run = { pipeline: PIPELINE, days: all, ...(!flags.events && { taskQueue }) };
      const isMissed = flags.events ? othersRun : hasFailedOnce;
      const runs = await runDays(client, run, board, lateArrival(seeded, late, isMissed, board));
      const [[rows = '0'] = []] = await seeded.warehouse.rows(`SELECT COUNT(*) FROM ${TABLE}`);
      if (flags.json) {
        const shown = runs.map(({ waited: _, ...run }) => run);
        const sums = await dayByDay(seeded);
        printJson({ runs: shown, table: TABLE, rows: Number(rows), days: sums, endpoints, warehouse });
      } else await printOutcome(seeded, stack, runs);
      if (runs.some(({ status }) => status !== 'done')) process.exitCode = 1;
    });
  } finally {
    await connection.close();
  }
  return true;
}

type Standing = Pick<Progress, 'interval' | 'steps'>[];

/** The upstream that is late: its file comes once it is missed. */
function lateArrival({ arrive }: Seeded, late: string[], isMissed: typeof othersRun, board: Board) {
  const due = new Set(late);
  return async (standing: Standing): Promise<void> => {
    for (const day of due) {
      if (!isMissed(standing, day)) continue;
      due.delete(day);
      await arrive(day);
      board.say(`the flights of ${day} have arrived, late`);
    }
  };
}

const hasFailedOnce = (standing: Standing, day: string): boolean =>
  standing.some(({ interval, steps }) => interval === day && steps.some(({ failure }) => failure !== null));

const othersRun = (standing: Standing, day: string): boolean =>
  standing.some(({ interval }) => interval !== day);

/** What the table holds: a row per day. Means are rounded, because engines add in different orders. */
const dayByDay = ({ warehouse }: Seeded): Promise<string[][]> =>
  warehouse.rows(
    `SELECT d.day, COUNT(*), SUM(d.flights), ROUND(CAST(SUM(d.flights * d.mean_delay) / SUM(d.flights) AS numeric), 1), ` +
      `MAX(d.max_delay), CASE WHEN MAX(e.flights) = SUM(d.flights) THEN 'yes' ELSE 'no' END ` +
      `FROM ${TABLE} d LEFT JOIN public.route_export e ON e.day = d.day GROUP BY d.day ORDER BY d.day`,
  );

async function printOutcome(seeded: Seeded, stack: Stack, runs: DemoRun[]): Promise<void> {
  const found = await dayByDay(seeded);
  console.log(`\n${TABLE}, out of the warehouse:\n`);
  console.log(table([['day', 'routes', 'flights', 'mean delay', 'max delay', 'exported'], ...found]));
  console.log(
    `\n${table(runs.map((run) => [run.workflowId, run.status, `${run.rows} rows`, `${run.seconds} s`]))}`,
  );
  const waited = runs.reduce((sum, run) => sum + run.waited, 0);
  const nightly = 4 * 365 * IDLING_DOLLARS_AN_HOUR;
  console.log(
    `\nThe steps waited ${Math.round(waited)} s in all, and nothing idled. An m5.large that polls instead ` +
      `($${IDLING_DOLLARS_AN_HOUR} an hour) would have cost $${((waited / 3600) * IDLING_DOLLARS_AN_HOUR).toFixed(4)} here; ` +
      `for a job of four hours every night, $${nightly.toFixed(0)} a year.`,
  );
  console.log(`\n${describeStack(stack)}`);
}
