import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { EtlError } from '../domain/failure.ts';
import { jobKey } from '../domain/key.ts';
import type { Progress, StepProgress } from '../domain/run.ts';
import { hasEnded } from '../domain/state.ts';
import type { JobEngine, WorkRef } from '../ports.ts';
import { withTemporal, type CommonFlags } from './context.ts';
import { withEngines } from './engines.ts';
import { CliError } from './error.ts';
import { printJson, say } from './output.ts';
import { askProgress } from './progress.ts';
import { parseRunName } from './run-id.ts';

/** The step kinds whose work is jobs of an engine. */
const JOB_KINDS = ['sql', 'hive', 'spark', 'presto', 'shell', 'dbExport', 'chain'];
/** Those that somebody who names no step most likely asks about, first of all. */
const ASKED_FIRST: StepProgress['state'][] = ['running', 'lost', 'failed'];
const LOOK_EVERY_MS = 3_000;

interface LogsFlags extends CommonFlags {
  follow?: boolean;
}

interface Job {
  engine: JobEngine;
  ref: WorkRef;
}

export const logs = (program: Command): void =>
  void withTemporal(program.command('logs <run> [step]'))
    .description('prints what a step’s newest job has logged, as its engine has it')
    .option('-f, --follow', 'goes on until the job has ended')
    .addHelpText(
      'after',
      `
Without STEP it is the one that runs, is lost or has failed.

Examples:
  $ millrace logs flights-daily/2001-01-05
  $ millrace logs flights-daily/2001-01-05 routes --follow`,
    )
    .action((name: string, stepId: string | undefined, flags: LogsFlags) =>
      withEngines(flags, async (engines, { client }) => {
        const { workflowId, runId } = parseRunName(name);
        const progress = await askProgress(client, workflowId, runId);
        const step = chosen(progress, stepId);
        const { raw } = await client.workflow.getHandle(workflowId, progress.runId).describe();
        const firstRunId = raw.workflowExecutionInfo?.firstRunId || progress.runId;
        const job = await newestJob(Object.values(engines), step, firstRunId);
        if (!flags.json) say(`job ${job.ref.id} of the step ${step.id}`);
        for await (const lines of pages(job, flags.follow ?? false)) {
          if (flags.json) printJson({ step: step.id, ref: job.ref.id, lines });
          else for (const line of lines) console.log(line);
        }
      }),
    );

/** The step that is meant; of one with `forEach` each item is a step. */
function chosen({ workflowId, steps }: Progress, stepId: string | undefined): StepProgress {
  const all = steps.flatMap((step) => (step.items?.length ? step.items : [step]));
  const withJobs = all.filter(({ kind, attempt }) => JOB_KINDS.includes(kind) && attempt > 0);
  const names = withJobs.map(({ id }) => id).join(', ') || 'none yet';
  const there = `steps with jobs: ${names}`;
  if (stepId !== undefined) {
    const named = withJobs.find(({ id }) => id === stepId);
    if (named) return named;
    throw new CliError('NotFound', `${workflowId} has no job of a step ${stepId}`, there);
  }
  const asked = withJobs.filter(({ state }) => ASKED_FIRST.includes(state));
  const [one, another] = asked.length > 0 ? asked : withJobs;
  if (one && !another) return one;
  throw new CliError('Usage', `which step of ${workflowId} is meant?`, `name one; ${there}`);
}

/** The last job that an engine knows under the keys of a step. */
async function newestJob(engines: JobEngine[], step: StepProgress, firstRunId: string): Promise<Job> {
  let newest: Job | undefined;
  let fault: EtlError | undefined;
  for (const engine of engines) {
    try {
      // A key may be left out: a job that was adopted has another one.
      for (let nth = 1, missed = 0; missed < 2; nth += 1) {
        const ref = await engine.find(jobKey(firstRunId, step.id, nth));
        if (ref) newest = { engine, ref };
        missed = ref ? 0 : missed + 1;
      }
    } catch (error) {
      if (!(error instanceof EtlError)) throw error;
      fault = error;
    }
    if (newest) return newest;
  }
  if (fault !== undefined) throw fault;
  const kept = step.failure?.log ?? step.result?.['log'];
  const where =
    typeof kept === 'string' ? `its log: ${kept}` : '`millrace show` has what Temporal knows of it';
  throw new CliError('NotFound', `no engine knows a job of the step ${step.id} any more`, where);
}

/** The log in pieces, as far as it is there; with `follow` until the job has ended. */
async function* pages({ engine, ref }: Job, follow: boolean): AsyncGenerator<string[]> {
  let from: string | undefined;
  for (let isOver = !follow; ;) {
    const { lines, next } = await engine.logs(ref, from);
    from = next;
    if (lines.length > 0) yield lines;
    else if (isOver) return;
    else {
      const state = (await engine.poll([ref])).get(ref.id);
      isOver = state === undefined || state instanceof EtlError || hasEnded(state.status);
      if (!isOver) await sleep(LOOK_EVERY_MS);
    }
  }
}
