import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Command } from 'commander';
import { completeEnvironment, configFolder, environment, type Configuration } from '../config.ts';
import { EtlError } from '../domain/failure.ts';
import type { RunSummary } from '../domain/run-record.ts';
import type { RunStatus } from '../domain/state.ts';
import { openRunRecords } from '../state.ts';
import { configuration, connect, withTemporal, type CommonFlags, type Connected } from './context.ts';
import { CliError } from './error.ts';
import { paint, printJson, STATE_STYLE, table } from './output.ts';
import { since } from './since.ts';
import { runStatus } from './status.ts';

interface RunsFlags extends CommonFlags {
  limit?: number;
  since?: Date;
}

const DEFAULT_LIMIT = 100;
const PIPELINE_NAME = /^[a-z][a-z0-9-]*$/;

export const runs = (program: Command): void =>
  void withTemporal(program.command('runs [name]'))
    .description('lists runs, newest first')
    .option('--limit <n>', 'at most so many (100, and all of them with --since)', positive)
    .option(
      '--since <when>',
      'those that started since then, also those that Temporal has forgotten: 2001-01-05, a time, or 30d',
      since,
    )
    .addHelpText(
      'after',
      `
Examples:
  $ millrace runs
  $ millrace runs flights-daily --limit 7 --json
  $ millrace runs flights-daily --since 90d
  $ millrace runs --since 2026-01-01`,
    )
    .action(async (name: string | undefined, flags: RunsFlags) => {
      if (name !== undefined && !PIPELINE_NAME.test(name)) {
        throw new CliError(
          'Usage',
          `${name} is no pipeline's name`,
          'a name has small letters, digits and -',
        );
      }
      const config = flags.since && (await configuration(flags));
      const connected = await connect(flags, config?.folder ?? configFolder(flags.config));
      try {
        const limit = flags.limit ?? (flags.since ? Infinity : DEFAULT_LIMIT);
        const known = await fromTemporal(connected.client, name, flags.since, limit);
        const rows = config ? merged(known, await fromRecords(config, connected, name, flags.since)) : known;
        const found = rows.slice(0, limit);
        if (flags.json) return printJson(found);
        if (found.length === 0) return console.log('no runs');
        console.log(
          table(
            found.map(({ workflowId, status, trigger, startedAt, endedAt }) => [
              paint(STATE_STYLE[status], status.padEnd(9)),
              workflowId,
              paint('dim', trigger),
              startedAt,
              paint('dim', endedAt ?? ''),
            ]),
          ),
        );
      } finally {
        await connected.close();
      }
    });

/** Newest first, as Temporal lists them. */
async function fromTemporal(
  client: Client,
  name: string | undefined,
  since: Date | undefined,
  limit: number,
): Promise<Row[]> {
  const found: Row[] = [];
  const ids = name === undefined ? '' : ` AND WorkflowId STARTS_WITH "${name}/"`;
  const times = since === undefined ? '' : ` AND StartTime >= "${since.toISOString()}"`;
  for await (const info of client.workflow.list({ query: `WorkflowType = "pipeline"${ids}${times}` })) {
    const row = toRow(info);
    if (row) found.push(row);
    if (found.length >= limit) break;
  }
  return found;
}

/** The records of the runs, those of the local stack where that is in use. */
async function fromRecords(
  config: Configuration,
  { dev }: Connected,
  name: string | undefined,
  since: Date | undefined,
): Promise<Row[]> {
  const env = dev ? completeEnvironment(dev.env) : environment;
  try {
    return await openRunRecords(config, env).list(name, since && { since });
  } catch (error) {
    if (!(error instanceof EtlError)) throw error;
    const fix = 'look at `state` in millrace.yaml, and at what this machine may read there';
    throw new CliError(error.type, `can't read the run records: ${error.message}`, fix, { exitCode: 3 });
  }
}

/** What Temporal says of a run wins: it may know more of one that was reset. */
function merged(known: Row[], recorded: Row[]): Row[] {
  const ids = new Set(known.map(({ runId }) => runId));
  const forgotten = recorded.filter(({ runId }) => !ids.has(runId));
  return [...known, ...forgotten].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
}

function positive(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new CliError('Usage', `--limit can't be ${text}`, 'write a whole number, like --limit 7');
}

type Row = Omit<RunSummary, 'status' | 'trigger' | 'endedAt'> & {
  status: RunStatus;
  trigger: string;
  endedAt: string | null;
};

/** Workflows that only wait for a run, under other IDs, are left out: they never note a trigger. */
function toRow({
  workflowId,
  runId,
  status,
  memo,
  startTime,
  closeTime,
}: WorkflowExecutionInfo): Row | undefined {
  const trigger = memo?.['trigger'];
  const [, pipeline, interval] = /^([a-z][a-z0-9-]*)\/(.+)$/.exec(workflowId) ?? [];
  if (typeof trigger !== 'string' || pipeline === undefined || interval === undefined) return undefined;
  return {
    workflowId,
    runId,
    pipeline,
    interval,
    status: runStatus(status.name),
    trigger,
    startedAt: startTime.toISOString(),
    endedAt: closeTime?.toISOString() ?? null,
  };
}
