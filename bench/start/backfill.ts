import type { Client } from '@temporalio/client';
import type { BackfillReport } from '../../src/domain/backfill-progress.ts';
import { noopEngine } from '../core/noop-engine.ts';
import { ourWorker, runDay, sqlPipeline } from '../core/run.ts';
import { inTurns, type Part } from '../harness/bench.ts';
import { compared } from '../harness/figure.ts';
import { withTemporal } from '../harness/temporal.ts';

const PART = 'backfill';
const CONCURRENCY = 16;
const FIRST_DAY_MS = Date.parse('2001-01-01');
const DAY_MS = 86_400_000;

/** How long a backfill takes beside a bare client that starts and awaits the same runs, as many at once. */
export const backfill: Part = async (bench) => {
  const days = bench.quick ? 100 : 1_000;
  const definition = sqlPipeline(0, bench.folder);
  const measure = async () => ({ rows: 1, files: 1, bytes: 1 });
  const workers = async (client: Client) => [
    ourWorker(client, noopEngine, definition, bench.folder, measure),
  ];
  return withTemporal(bench, workers, async (client) => {
    bench.say(`backfill: ${days} days, in turns with a bare client …`);
    let round = 0;
    const timed = (run: (first: number) => Promise<void>) => async () => {
      // Days of its own for each: those that are done would not run again.
      const first = (round += 1) * days;
      const startedAt = performance.now();
      await run(first);
      return (performance.now() - startedAt) / 1_000;
    };
    const samples = await inTurns(bench.quick ? 1 : 3, {
      ours: timed((first) => ours(client, first, days)),
      bare: timed((first) => bare(client, first, days)),
    });
    return [
      // 70 % of the rate is 1/0.7 of the time.
      compared(
        { part: PART, what: `${days} days, ${CONCURRENCY} at once`, unit: 's', atMost: 1 / 0.7 },
        samples.ours,
        {
          what: 'a bare client',
          samples: samples.bare,
        },
      ),
    ];
  });
};

const dayOf = (nth: number): string => new Date(FIRST_DAY_MS + nth * DAY_MS).toISOString().slice(0, 10);

async function ours(client: Client, first: number, days: number): Promise<void> {
  const report = (await client.workflow.execute('backfill', {
    taskQueue: 'millrace',
    workflowId: 'bench/backfill',
    args: [{ pipeline: 'bench', from: dayOf(first), to: dayOf(first + days - 1), concurrency: CONCURRENCY }],
  })) as BackfillReport;
  if (report.done !== days) throw new Error(`the backfill did ${report.done} of ${days} days`);
}

async function bare(client: Client, first: number, days: number): Promise<void> {
  const rest = Array.from({ length: days }, (_, nth) => first + nth).values();
  const work = async () => {
    for (const day of rest) await runDay(client, day);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
