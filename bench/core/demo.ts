import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { runningDev } from '../../src/cli/stack/running.ts';
import { environment, packageRoot } from '../../src/config.ts';
import type { RunResult } from '../../src/domain/run.ts';
import type { Part } from '../harness/bench.ts';
import { measured, type Figure } from '../harness/figure.ts';

const PART = 'demo';
/** The one heavy job, on Sundays. */
const LONG_STEP = 'connections';
const STOP_GRACE_MS = 60_000;

interface DemoLine {
  runs: { workflowId: string; status: string }[];
}

/** How long somebody waits who clones the project and types `npm run demo`. */
export const demo: Part = async (bench) => {
  if (bench.quick) return [];
  const clone = join(bench.folder, 'clone');
  bench.say('demo: a fresh clone, its set-up, seven days …');
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  // --keep, to ask the stack about the runs; it makes nothing faster.
  const command = 'git clone -q "$1" "$2" && cd "$2" && exec npm run demo -- --json --keep';
  const child = await bench.family.start({
    name: 'demo',
    command: 'sh',
    args: ['-c', command, 'sh', packageRoot(), clone],
    env: ownEnvironment(),
    readStdout: true,
  });
  const line = await Promise.race([demoLine(child.stdout!), child.exited]);
  if (typeof line === 'string')
    throw new Error(`the demo ended (${line}) before its last line. Log: ${child.logFile}`);
  const wholeSeconds = seconds();
  const bad = line.runs.filter(({ status }) => status !== 'done');
  if (bad.length > 0) throw new Error(`the demo has runs that are not done: ${JSON.stringify(bad)}`);
  const stack = runningDev(clone);
  if (stack === undefined) throw new Error('the demo announced no stack');
  const { days, long } = await timesOf(stack, line);
  process.kill(stack.pid, 'SIGINT');
  // Whatever is left then is ended with the part.
  await Promise.race([child.exited, sleep(STOP_GRACE_MS, undefined, { ref: false })]);
  const stopSeconds = seconds() - wholeSeconds;
  return [
    figure('set-up and 7 days, from a fresh clone', wholeSeconds, 150),
    figure('the 7 days, without the long job', days - long, 25),
    figure('the 7 days', days),
    figure('the long job', long),
    figure('questions, and the end of the stack', stopSeconds),
  ];
};

const figure = (what: string, seconds: number, atMost?: number): Figure =>
  measured({ part: PART, what, unit: 's', ...(atMost !== undefined && { atMost }) }, [seconds]);

/**
 * Without what npm leaves to its scripts, by which the npm in the clone would take itself for this one, and without a
 * Temporal of somebody's own, which a newcomer doesn't have.
 */
function ownEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(npm_(lifecycle|package|command|node|execpath|config_local_prefix)|INIT_CWD|TEMPORAL_)/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !ours.test(name)));
}

async function demoLine(stdout: NodeJS.ReadableStream): Promise<DemoLine> {
  for await (const line of createInterface(stdout))
    if (line.startsWith('{')) return JSON.parse(line) as DemoLine;
  // The process has ended; how, its exit tells.
  return new Promise<never>(() => {});
}

/** From the first start to the last end, and the long job alone, in seconds, as Temporal has them. */
async function timesOf({ address, namespace }: { address: string; namespace: string }, { runs }: DemoLine) {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace });
    const handles = runs.map(({ workflowId }) => client.workflow.getHandle(workflowId));
    const all = await Promise.all(handles.map((handle) => handle.describe()));
    const results = await Promise.all(handles.map((handle) => handle.result() as Promise<RunResult>));
    const first = Math.min(...all.map(({ startTime }) => startTime.getTime()));
    const last = Math.max(...all.map(({ closeTime }) => closeTime?.getTime() ?? Number.NaN));
    const long = results
      .flatMap(({ steps }) => steps)
      .filter(({ id }) => id === LONG_STEP)
      .reduce(
        (sum, { result }) => sum + (result ? Date.parse(result.endedAt) - Date.parse(result.startedAt) : 0),
        0,
      );
    return { days: (last - first) / 1_000, long: long / 1_000 };
  } finally {
    await connection.close();
  }
}
