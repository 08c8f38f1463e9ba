import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { inTurns, type Part } from '../harness/bench.ts';
import { compared, type Figure } from '../harness/figure.ts';
import { withTemporal } from '../harness/temporal.ts';
import { noopEngine } from './noop-engine.ts';
import { ourWorker, runDay, sqlPipeline } from './run.ts';

const PART = 'overhead';
const BARE_QUEUE = 'bare';
const STEPS = 4;
/** One opens the run; each step submits and awaits. */
const AS_MANY = 1 + 2 * STEPS;
const AT_ONCE = 50;

/** What a run of four steps costs beside bare Temporal: how much longer it takes, alone and with fifty at once. */
export const overhead: Part = async (bench) => {
  const workflowsPath = fileURLToPath(new URL('bare-workflow.js', import.meta.url));
  const bareWorkflow = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  const measure = async () => ({ rows: 1, files: 1, bytes: 1 });
  const workers = async (client: Client) => [
    ourWorker(client, noopEngine, sqlPipeline(STEPS, bench.folder), bench.folder, measure),
    { taskQueue: BARE_QUEUE, workflowBundle: bareWorkflow, activities: { noop: async () => {} } },
  ];
  return withTemporal(bench, workers, async (client) => {
    bench.say('overhead: one run at a time …');
    const one = await race(client, 1, bench.quick ? 7 : 25);
    bench.say(`overhead: ${AT_ONCE} runs at once …`);
    const many = await race(client, AT_ONCE, bench.quick ? 3 : 9);
    return [...one, ...many, ...(await shapes(client))];
  });
};

/** So many at once, of each, in turns; a sample is the time until the last has ended. */
async function race(client: Client, atOnce: number, rounds: number): Promise<Figure[]> {
  let count = 0;
  const together = (run: (n: number) => Promise<unknown>) => async () => {
    const startedAt = performance.now();
    const cpuBefore = process.cpuUsage();
    await Promise.all(Array.from({ length: atOnce }, () => run((count += 1))));
    const { user, system } = process.cpuUsage(cpuBefore);
    return { ms: performance.now() - startedAt, cpuMs: (user + system) / 1_000 / atOnce };
  };
  const samples = await inTurns(rounds, {
    ours: together((day) => runDay(client, day)),
    asMany: together((n) => runBare(client, n, AS_MANY)),
    four: together((n) => runBare(client, n, STEPS)),
  });
  const at = `${atOnce} at once`;
  const of = (name: keyof typeof samples, what: 'ms' | 'cpuMs') =>
    samples[name].map((sample) => sample[what]);
  const asMany = `${AS_MANY} bare activities`;
  return [
    compared({ part: PART, what: `${STEPS} steps, ${at}`, unit: 'ms', atMost: 1.4 }, of('ours', 'ms'), {
      what: asMany,
      samples: of('asMany', 'ms'),
    }),
    compared({ part: PART, what: `${STEPS} steps, ${at}`, unit: 'ms', atMost: 2.5 }, of('ours', 'ms'), {
      what: `${STEPS} bare activities`,
      samples: of('four', 'ms'),
    }),
    compared({ part: PART, what: `worker CPU a run, ${at}`, unit: 'ms' }, of('ours', 'cpuMs'), {
      what: asMany,
      samples: of('asMany', 'cpuMs'),
    }),
  ];
}

async function runBare(client: Client, n: number, activities: number): Promise<string> {
  const workflowId = `bare-${activities}-${n}`;
  const handle = await client.workflow.start('bare', {
    taskQueue: BARE_QUEUE,
    workflowId,
    args: [activities],
  });
  await handle.result();
  return workflowId;
}

/** What a run leaves in its history: where a slow one begins to be explained. */
async function shapes(client: Client): Promise<Figure[]> {
  const { workflowId } = await runDay(client, 0);
  const [ours, bare] = await Promise.all(
    [workflowId, await runBare(client, 0, AS_MANY)].map((id) => shapeOf(client, id)),
  );
  const against = (what: string, unit: string, of: 'events' | 'tasks' | 'bytes') =>
    compared({ part: PART, what, unit }, [ours![of]], {
      what: `${AS_MANY} bare activities`,
      samples: [bare![of]],
    });
  return [
    against('events in the history', 'events', 'events'),
    against('workflow tasks', 'tasks', 'tasks'),
    against('size of the history', 'bytes', 'bytes'),
  ];
}

async function shapeOf(client: Client, workflowId: string) {
  const handle = client.workflow.getHandle(workflowId);
  const [{ events }, { historySize }] = await Promise.all([handle.fetchHistory(), handle.describe()]);
  const all = events ?? [];
  const tasks = all.filter((event) => event.workflowTaskCompletedEventAttributes).length;
  return { events: all.length, tasks, bytes: historySize ?? 0 };
}
