import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { createDuckdbEngine } from '../../src/engines/duckdb/engine.ts';
import { measureOutput } from '../../src/storage/measure.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import type { Part } from '../harness/bench.ts';
import { measured, quantile } from '../harness/figure.ts';
import { withTemporal } from '../harness/temporal.ts';
import { ourWorker, runDay, sqlPipeline } from './run.ts';

const PART = 'next step';
const STEPS = 6;

/**
 * How soon a run goes on after a job: from the moment when the job's process wrote its result until Temporal has the
 * next step's first activity. Engines are polled every 15 s, as by default: only push can be faster.
 */
export const nextStep: Part = async (bench) => {
  const { folder, quick, say } = bench;
  const store = createObjectStore({});
  const jobs = join(folder, 'jobs');
  const engine = createDuckdbEngine({
    name: 'etl',
    folder: jobs,
    memory: '2GB',
    threads: 2,
    maxJobs: 2,
    store,
  });
  const definition = sqlPipeline(STEPS, join(folder, 'out'));
  const workers = async (client: Client) => [
    ourWorker(client, engine, definition, folder, (files) => measureOutput(store, files)),
  ];
  say('next step: small jobs in a row …');
  try {
    return await withTemporal(bench, workers, async (client) => {
      const gaps: number[] = [];
      for (let day = -1; day < (quick ? 1 : 8); day += 1) {
        const found = await gapsOf(client, jobs, day + 1);
        // The first run warms up.
        if (day >= 0) gaps.push(...found);
      }
      const from = 'from job end to next step';
      return [
        measured({ part: PART, what: `${from}, p50`, unit: 'ms', atMost: 200 }, gaps),
        { ...measured({ part: PART, what: `${from}, p90`, unit: 'ms' }, gaps), value: quantile(gaps, 0.9) },
      ];
    });
  } finally {
    await engine.close();
  }
};

async function gapsOf(client: Client, jobs: string, day: number): Promise<number[]> {
  const { workflowId, result } = await runDay(client, day);
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const submittedAt = (events ?? [])
    .filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'submitWork')
    .map(({ eventTime }) => Number(eventTime?.seconds) * 1_000 + Number(eventTime?.nanos) / 1e6);
  const endedAt = result.steps.map((step) => statSync(join(jobs, refOf(step.result), 'result.json')).mtimeMs);
  return endedAt.slice(0, -1).map((end, at) => submittedAt[at + 1]! - end);
}

function refOf(result: object | null): string {
  const ref = (result as { ref?: unknown } | null)?.ref;
  if (typeof ref !== 'string') throw new Error('a step has no ref');
  return ref;
}
