import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, WorkflowFailedError, type Client } from '@temporalio/client';
import { createLogUpdate } from 'log-update';
import type { BackfillFault, BackfillProgress, BackfillReport } from '../../domain/backfill-progress.ts';
import { CliError } from '../error.ts';
import { say } from '../output.ts';
import { bar, Pace } from './report.ts';

const LOOK_EVERY_MS = 1_000;
const QUERY_TIMEOUT_MS = 10_000;
/** Away from a terminal, a line for so much more of the whole. */
const SAY_EVERY = 0.05;

/** Waits for the end of a backfill, tells on stderr how it goes, and returns its report. */
export async function followBackfill(
  client: Client,
  workflowId: string,
  live: boolean,
): Promise<BackfillReport> {
  const handle = client.workflow.getHandle(workflowId);
  // Of one that has just ended the report is what is asked for, too.
  await handle.describe();
  const ended = new AbortController();
  const telling = tell(client, workflowId, ended.signal, live);
  try {
    return (await handle.result()) as BackfillReport;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const [report] = (error.cause instanceof ApplicationFailure && error.cause.details) || [];
    if (isReport(report)) return report;
    if (error.cause instanceof ApplicationFailure) throw refused(error.cause);
    // Cancelled or terminated: a worker can say how far it came.
    const progress = await ask(client, workflowId).catch(() => undefined);
    if (!progress) throw error.cause ?? error;
    return progress.status === 'cancelled'
      ? progress
      : { ...progress, status: 'failed', fault: faultOf(error) };
  } finally {
    ended.abort();
    await telling;
  }
}

/** The failure of a backfill that never began. */
function refused({ type, message }: ApplicationFailure): CliError {
  const [what = '', ...fix] = message.split('; ');
  return new CliError(type ?? 'Unexpected', what, fix.join('; ') || 'mend it, and start the backfill again', {
    exitCode: 1,
  });
}

/** Of one that was terminated and could not say anything itself. */
const faultOf = ({ cause, message }: WorkflowFailedError): BackfillFault => ({
  type: cause?.name ?? 'Unexpected',
  message: cause?.message ?? message,
});

const isReport = (value: unknown): value is BackfillReport =>
  typeof value === 'object' && value !== null && 'failures' in value;

const ask = (client: Client, workflowId: string): Promise<BackfillProgress> =>
  client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, () =>
    client.workflow.getHandle(workflowId).query<BackfillProgress>('progress'),
  );

async function tell(client: Client, workflowId: string, ended: AbortSignal, live: boolean): Promise<void> {
  const display = live && process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined;
  const pace = new Pace();
  let said = -1;
  while (!ended.aborted) {
    const progress = await ask(client, workflowId).catch(() => undefined);
    if (progress) {
      const line = bar(progress, pace.after(progress, Date.now()));
      const share = Math.floor(
        (progress.done + progress.already + progress.failed) / Math.max(1, progress.total) / SAY_EVERY,
      );
      if (display) display(line);
      else if (share > said) say(line);
      said = Math.max(said, share);
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: ended }).catch(() => {});
  }
  display?.done();
}
