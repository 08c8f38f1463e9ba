import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import type { Progress, StepProgress } from '../domain/run.ts';
import { CliError } from './error.ts';
import { paint, STATE_STYLE, table } from './output.ts';
import { notFound } from './run-id.ts';
import { runStatus } from './status.ts';

const QUERY_TIMEOUT_MS = 10_000;

/** Asks a run how far it is. Temporal's own status wins: a terminated run still thinks that it runs. */
export async function askProgress(client: Client, workflowId: string, runId?: string): Promise<Progress> {
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    const progress = await client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, () =>
      handle.query<Progress>('progress'),
    );
    if (progress.status !== 'running') return progress;
    const status = runStatus((await handle.describe()).status.name);
    return { ...progress, status };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw notFound(runId ? `${workflowId}@${runId}` : workflowId);
    if (error instanceof NamespaceNotFoundError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(
      'NoWorker',
      `no worker says how ${workflowId} stands (${why})`,
      'start one: `millrace worker`',
      {
        exitCode: 3,
      },
    );
  }
}

/** The steps as lines for a person. */
export function stepLines({ steps, waitsFor = [] }: Pick<Progress, 'steps' | 'waitsFor'>): string {
  const before = waitsFor.length > 0 ? `${waitWords(waitsFor)}\n` : '';
  return (
    before +
    table(
      steps
        .flatMap(withItems)
        .map((step) => [
          ` ${paint(STATE_STYLE[step.state], step.state.padEnd(9))}`,
          step.id,
          paint('dim', step.kind),
          paint('dim', step.attempt > 1 ? `attempt ${step.attempt}` : ''),
          words(step),
        ]),
    )
  );
}

/** What a run waits for before its first step. */
export const waitWords = (waitsFor: readonly string[]): string => `waits for ${waitsFor.join(', ')}`;

/** A step, and those of its items that have something to say. */
const withItems = (step: StepProgress): StepProgress[] => [
  step,
  ...(step.items ?? []).filter(({ state }) => ['running', 'lost', 'failed'].includes(state)),
];

/** What is worth saying of a step in a few words. */
export function words({ detail, failure, result }: StepProgress): string {
  if (detail) return detail;
  if (failure) return `${failure.type}: ${failure.message}`;
  if (typeof result?.['rows'] === 'number') return `${result['rows']} rows`;
  if (result?.['row']) return JSON.stringify(result['row']);
  return '';
}
