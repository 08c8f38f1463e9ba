import type { Command } from 'commander';
import { configFolder } from '../config.ts';
import { connect, pageOf, withTemporal, type CommonFlags } from './context.ts';
import { printJson } from './output.ts';
import { askProgress, stepLines } from './progress.ts';
import { parseRunName } from './run-id.ts';

export const show = (program: Command): void =>
  void withTemporal(program.command('show <run>'))
    .description('shows how a run stands, step by step; RUN is a workflow ID, or ID@runId')
    .addHelpText(
      'after',
      `
Examples:
  $ millrace show flights-daily/2001-01-05
  $ millrace show flights-daily/2001-01-05 --json | jq '.steps[] | {id, state}'`,
    )
    .action(async (name: string, flags: CommonFlags) => {
      const connected = await connect(flags, configFolder(flags.config));
      try {
        const { workflowId, runId } = parseRunName(name);
        const progress = await askProgress(connected.client, workflowId, runId);
        if (flags.json) return printJson(progress);
        const page = pageOf(connected, progress.workflowId, progress.runId);
        console.log(`${progress.workflowId}: ${progress.status}, started by ${progress.trigger}`);
        console.log(stepLines(progress));
        if (progress.failure) console.log(`${progress.failure.type}: ${progress.failure.message}`);
        for (const { id, failure } of progress.steps) {
          if (failure)
            console.log(
              `\n${id}: ${failure.type}: ${failure.message}${failure.log ? `\nlog: ${failure.log}` : ''}`,
            );
        }
        if (page) console.log(`\n${page}`);
      } finally {
        await connected.close();
      }
    });
