import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import type { Progress, RunResult } from '../../domain/run.ts';
import { askProgress } from '../progress.ts';
import type { Board } from './board.ts';

export interface DemoRun {
  interval: string;
  workflowId: string;
  status: string;
  rows: number;
  seconds: number;
  /** How long its steps waited for jobs, in seconds. */
  waited: number;
}

const LOOK_EVERY_MS = 400;

/** Runs the pipeline for each day at once; `look` hears how they stand. */
export async function runDays(
  client: Client,
  { pipeline, taskQueue, days }: { pipeline: string; taskQueue: string; days: string[] },
  board: Board,
  look: (runs: Progress[]) => Promise<void>,
): Promise<DemoRun[]> {
  let open = days.length;
  const ended = Promise.all(
    days.map((day) => runDay(client, { pipeline, taskQueue, day }).finally(() => (open -= 1))),
  );
  // Waited for at the end; a failure in between must not be an unhandled one.
  ended.catch(() => {});
  for (let last = false; !last;) {
    last = open === 0;
    const asked = await Promise.all(
      days.map((day) => askProgress(client, `${pipeline}/${day}`).catch(() => undefined)),
    );
    const standing = asked.filter((progress) => progress !== undefined);
    board.show(standing);
    await look(standing);
    if (!last) await sleep(LOOK_EVERY_MS);
  }
  board.done();
  return ended;
}

async function runDay(
  client: Client,
  { pipeline, taskQueue, day }: { pipeline: string; taskQueue: string; day: string },
): Promise<DemoRun> {
  const workflowId = `${pipeline}/${day}`;
  const since = Date.now();
  const args = [{ pipeline, interval: day }];
  const handle = await client.workflow.start('pipeline', { workflowId, taskQueue, args });
  const result = await handle.result().then(
    (value) => value as RunResult,
    (error: unknown) => {
      if (error instanceof WorkflowFailedError) return { status: 'failed', steps: [] };
      throw error;
    },
  );
  const seconds = (Date.now() - since) / 1000;
  const publish = result.steps.find(({ id }) => id === 'publish')?.result;
  return {
    interval: day,
    workflowId,
    status: result.status,
    rows: Number(publish?.['rows'] ?? 0),
    seconds: Math.round(seconds * 10) / 10,
    waited: result.steps.reduce((sum, { result: step }) => sum + (step ? secondsOf(step) : 0), 0),
  };
}

const secondsOf = ({ startedAt, endedAt }: { startedAt: string; endedAt: string }): number =>
  (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
