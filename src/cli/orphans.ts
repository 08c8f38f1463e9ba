import type { Client } from '@temporalio/client';
import { Option, type Command } from 'commander';
import { parseJobKey } from '../domain/key.ts';
import { hasEnded } from '../domain/state.ts';
import type { JobEngine, KeyedJob } from '../ports.ts';
import { withTemporal, type CommonFlags } from './context.ts';
import { withEngines } from './engines.ts';
import { CliError } from './error.ts';
import { paint, printJson, say, table } from './output.ts';
import { since } from './since.ts';

interface OrphansFlags extends CommonFlags {
  engine?: string;
  since: Date;
  cancel?: boolean;
}

interface Orphan {
  engine: string;
  key: string;
  ref: string;
  url: string | null;
  status: KeyedJob['status'];
  startedAt: string;
}

export const orphans = (program: Command): void =>
  void withTemporal(program.command('orphans'))
    .description('lists jobs that run on an engine, are ours, and that no open run waits for')
    .option('--engine <name>', 'of this engine alone')
    .addOption(
      new Option('--since <when>', 'jobs that started since then: 2001-01-05, a time, or 7d')
        .default(since('7d'), '7d')
        .argParser(since),
    )
    .option('--cancel', 'stops them, and returns once each is confirmed stopped')
    .addHelpText(
      'after',
      `
What a run that was terminated (not cancelled) or reset leaves behind runs on and is billed.

Examples:
  $ millrace orphans
  $ millrace orphans --engine etl --since 2d --cancel`,
    )
    .action((flags: OrphansFlags) =>
      withEngines(flags, async (all, { client }) => {
        const engines = Object.entries(all);
        const asked = engines.filter(([name]) => flags.engine === undefined || name === flags.engine);
        if (asked.length === 0) {
          const names = engines.map(([name]) => name).join(', ') || 'none';
          throw new CliError('Usage', `there is no engine ${flags.engine ?? ''}`, `there are: ${names}`);
        }
        // First the jobs, then the runs: a run that opens in between has its jobs found to be its own.
        const jobs = await liveJobs(asked, flags.since);
        const open = await openRuns(client);
        const found = jobs.filter(({ job }) => !open.has(parseJobKey(job.key)?.firstRunId ?? ''));
        if (flags.cancel) for (const { engine, job } of found) await engine.cancel(job.ref);
        const listed = found.map(({ name, job }) => orphan(name, job));
        if (flags.json) return printJson(listed);
        if (listed.length === 0) return say('no orphans');
        console.log(
          table(
            listed.map(({ engine, ref, status, startedAt, url }) => [
              flags.cancel ? paint('yellow', 'stopped') : status,
              engine,
              ref,
              startedAt,
              paint('dim', url ?? ''),
            ]),
          ),
        );
      }),
    );

async function liveJobs(engines: [string, JobEngine][], from: Date) {
  const found: { name: string; engine: JobEngine; job: KeyedJob }[] = [];
  for (const [name, engine] of engines) {
    for await (const job of engine.listKeyed(from)) {
      if (!hasEnded(job.status)) found.push({ name, engine, job });
    }
  }
  return found;
}

/** The first run IDs of the chains that are open: keys are made of them, and a reset keeps them. */
async function openRuns(client: Client): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { raw, runId } of client.workflow.list({
    query: 'WorkflowType = "pipeline" AND ExecutionStatus = "Running"',
  })) {
    ids.add(runId);
    const { firstRunId } = raw as { firstRunId?: string };
    if (firstRunId) ids.add(firstRunId);
  }
  return ids;
}

const orphan = (engine: string, { key, ref, status, startedAt }: KeyedJob): Orphan => ({
  engine,
  key,
  ref: ref.id,
  url: ref.url ?? null,
  status,
  startedAt: startedAt.toISOString(),
});
