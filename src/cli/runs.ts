import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { Command } from 'commander';
import { configFolder } from '../config.ts';
import { connect, withTemporal, type CommonFlags } from './context.ts';
import { CliError } from './error.ts';
import { paint, printJson, STATE_STYLE, table } from './output.ts';
import { runStatus } from './status.ts';

const PIPELINE_NAME = /^[a-z][a-z0-9-]*$/;

export const runs = (program: Command): void =>
  void withTemporal(program.command('runs [name]'))
    .description('lists runs, newest first')
    .option('--limit <n>', 'at most so many', (text) => Number.parseInt(text, 10), 100)
    .addHelpText(
      'after',
      `
Examples:
  $ millrace runs
  $ millrace runs flights-daily --limit 7 --json`,
    )
    .action(async (name: string | undefined, flags: CommonFlags & { limit: number }) => {
      if (name !== undefined && !PIPELINE_NAME.test(name)) {
        throw new CliError(
          'Usage',
          `${name} is no pipeline's name`,
          'a name has small letters, digits and -',
        );
      }
      const { client, close } = await connect(flags, configFolder(flags.config));
      try {
        const found = [];
        const ids = name === undefined ? '' : ` AND WorkflowId STARTS_WITH "${name}/"`;
        for await (const info of client.workflow.list({ query: `WorkflowType = "pipeline"${ids}` })) {
          const row = toRow(info);
          if (row) found.push(row);
          if (found.length >= flags.limit) break;
        }
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
        await close();
      }
    });

/** Workflows that only wait for a run, under other IDs, are left out: they never note a trigger. */
function toRow({ workflowId, runId, status, memo, startTime, closeTime }: WorkflowExecutionInfo) {
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
