import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
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

interface Runs {
  pipeline: string;
  /** Without it the runs are not started here, but waited for. */
  taskQueue?: string;
}

/** Runs the pipeline for each day at once, or waits until others run it; `look` hears how the runs stand. */
export async function runDays(
  client: Client,
  { days, ...run }: Runs & { days: string[] },
  board: Board,
  look: (runs: Progress[]) => Promise<void>,
): Promise<DemoRun[]> {
  let open = days.length;
  const ended = Promise.all(days.map((day) => runDay(client, run, day).finally(() => (open -= 1))));
  // Waited for at the end; a failure in between must not be an unhandled one.
  ended.catch(() => {});
  for (let last = false; !last;) {
    last = open === 0;
    const asked = await Promise.all(
      days.map((day) => askProgress(client, `${run.pipeline}/${day}`).catch(() => undefined)),
    );
    const standing = asked.filter((progress) => progress !== undefined);
    board.show(standing);
    await look(standing);
    if (!last) await sleep(LOOK_EVERY_MS);
  }
  board.done();
  return ended;
}

async function runDay(client: Client, { pipeline, taskQueue }: Runs, day: string): Promise<DemoRun> {
  const workflowId = `${pipeline}/${day}`;
  const handle =
    taskQueue === undefined
      ? await appearance(client, workflowId)
      : await client.workflow.start('pipeline', {
          workflowId,
          taskQueue,
          args: [{ pipeline, interval: day }],
        });
  const since = Date.now();
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

/** Waits until somebody has started it. */
async function appearance(client: Client, workflowId: string): Promise<WorkflowHandle> {
  const handle = client.workflow.getHandle(workflowId);
  for (;;) {
    try {
      await handle.describe();
      return handle;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

const secondsOf = ({ startedAt, endedAt }: { startedAt: string; endedAt: string }): number =>
  (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
