import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { createLogUpdate } from 'log-update';
import type { Progress, RunResult, StepProgress } from '../domain/run.ts';
import type { RunStatus } from '../domain/state.ts';
import type { Connected } from './context.ts';
import { paint, say, STATE_STYLE } from './output.ts';
import { askProgress, stepLines, waitWords, words } from './progress.ts';

export interface RunEnd {
  status: RunStatus;
  steps: StepProgress[];
  /** What it failed with; empty when it did not. */
  message: string;
  log: string | null;
}

const LOOK_EVERY_MS = 500;
const SAY_NO_WORKER_AFTER_MS = 5_000;

/**
 * Waits for the end of a run and tells on stderr how it goes: a live display on a terminal, elsewhere a line for each
 * change of a step.
 */
export async function follow(
  connected: Connected,
  workflowId: string,
  runId: string,
  taskQueue: string,
  live: boolean,
): Promise<RunEnd> {
  const { client } = connected;
  const ended = new AbortController();
  const telling = tell(connected, workflowId, runId, ended.signal, live && process.stderr.isTTY === true);
  const warning = warnIfNobodyWorks(connected, taskQueue, ended.signal);
  try {
    const result = (await client.workflow.getHandle(workflowId, runId).result()) as RunResult;
    return { status: result.status, steps: result.steps, message: '', log: null };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const progress = await askProgress(client, workflowId, runId).catch(() => undefined);
    return { ...endOf(error), steps: progress?.steps ?? [] };
  } finally {
    ended.abort();
    await Promise.all([telling, warning]);
  }
}

function endOf({ cause }: WorkflowFailedError): Omit<RunEnd, 'steps'> {
  if (!(cause instanceof ApplicationFailure)) {
    const cancelled = cause?.name === 'CancelledFailure';
    return {
      status: cancelled ? 'cancelled' : 'failed',
      message: cause?.message ?? 'no reason given',
      log: null,
    };
  }
  const { log } = (cause.details?.[0] ?? {}) as { log?: string | null };
  return { status: 'failed', message: cause.message, log: log ?? null };
}

async function tell(
  { client }: Connected,
  workflowId: string,
  runId: string,
  ended: AbortSignal,
  live: boolean,
): Promise<void> {
  const seen = new Map<string, string>();
  for (let last = false; ;) {
    const progress = await askProgress(client, workflowId, runId).catch(() => undefined);
    if (progress) show(progress, seen, live);
    if (last) break;
    // One look after the end, for what came in between.
    await sleep(LOOK_EVERY_MS, undefined, { signal: ended }).catch(() => (last = true));
  }
  if (live) display.done();
}

const display = createLogUpdate(process.stderr);

function show(progress: Progress, seen: Map<string, string>, live: boolean): void {
  if (live) return display(`${progress.workflowId}\n${stepLines(progress)}`);
  const { workflowId, waitsFor = [] } = progress;
  if (waitsFor.length > 0 && seen.get('') !== waitWords(waitsFor)) {
    seen.set('', waitWords(waitsFor));
    say(`${workflowId} ${waitWords(waitsFor)}`);
  }
  for (const step of progress.steps) {
    const line = `${step.state} ${words(step)}`;
    if (seen.get(step.id) === line || step.state === 'waiting') continue;
    seen.set(step.id, line);
    say(
      `${progress.workflowId} ${step.id} ${paint(STATE_STYLE[step.state], step.state, process.stderr)} ${words(step)}`.trimEnd(),
    );
  }
}

/** Without a worker a run waits for ever and nobody says why. */
async function warnIfNobodyWorks(
  { client, target }: Connected,
  taskQueue: string,
  ended: AbortSignal,
): Promise<void> {
  await sleep(SAY_NO_WORKER_AFTER_MS, undefined, { signal: ended }).catch(() => {});
  if (ended.aborted) return;
  const asked = client.workflowService.describeTaskQueue({
    namespace: target.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
  });
  // Who may not ask, or asks in vain, goes without the advice.
  const queue = await asked.catch(() => undefined);
  if (queue && !queue.pollers?.length)
    say(`no worker takes from the task queue ${taskQueue}; start one: millrace worker`);
}
