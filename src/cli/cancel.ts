import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Command } from 'commander';
import { configFolder } from '../config.ts';
import { connect, withTemporal, type CommonFlags } from './context.ts';
import { printJson, say } from './output.ts';
import { notFound, parseRunName } from './run-id.ts';
import { runStatus } from './status.ts';

export const cancel = (program: Command): void =>
  void withTemporal(program.command('cancel <run>'))
    .description('cancels a run, and returns once its jobs are stopped; RUN is a workflow ID, or ID@runId')
    .option('--no-wait', 'return as soon as Temporal has the request')
    .addHelpText(
      'after',
      `
Examples:
  $ millrace cancel flights-daily/2001-01-05
  $ millrace cancel flights-daily/2001-01-05 --no-wait --json`,
    )
    .action(async (name: string, flags: CommonFlags & { wait: boolean }) => {
      const { client, close } = await connect(flags, configFolder(flags.config));
      try {
        const { workflowId, runId } = parseRunName(name);
        const handle = client.workflow.getHandle(workflowId, runId);
        await handle.cancel();
        if (flags.wait) await handle.result().catch(unlessFailed);
        const description = await handle.describe();
        const status = runStatus(description.status.name);
        if (flags.json) printJson({ workflowId, runId: description.runId, status });
        else say(`${workflowId} is ${status}`);
      } catch (error) {
        throw error instanceof WorkflowNotFoundError ? notFound(name) : error;
      } finally {
        await close();
      }
    });

function unlessFailed(error: unknown): void {
  if (!(error instanceof WorkflowFailedError)) throw error;
}
