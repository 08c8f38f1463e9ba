import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Command } from 'commander';
import { configFolder } from '../config.ts';
import type { StepProgress } from '../domain/run.ts';
import { connect, withTemporal, type CommonFlags } from './context.ts';
import { CliError } from './error.ts';
import { printJson, say } from './output.ts';
import { notFound, parseRunName } from './run-id.ts';

/*
 * What a person says of a step that can't go on by itself: its job is lost, or doesn't confirm its end.
 */

export const adopt = (program: Command): void =>
  void withTemporal(program.command('adopt <run> <step> <ref>'))
    .description('names the job that a lost step waits for, by the ref that the engine gives it')
    .addHelpText('after', '\nExample:\n  $ millrace adopt flights-daily/2001-01-05 routes 4711')
    .action((run: string, step: string, ref: string, flags: CommonFlags) =>
      decide('adopt', run, { step, ref }, flags),
    );

export const resubmit = (program: Command): void =>
  void withTemporal(program.command('resubmit <run> <step>'))
    .description('submits the job of a lost step again; be sure that the lost one does not run')
    .addHelpText('after', '\nExample:\n  $ millrace resubmit flights-daily/2001-01-05 routes')
    .action((run: string, step: string, flags: CommonFlags) => decide('resubmit', run, { step }, flags));

export const abandon = (program: Command): void =>
  void withTemporal(program.command('abandon <run> <step>'))
    .description('gives up on a lost job, or on the end of a job that its engine never confirms')
    .addHelpText('after', '\nExample:\n  $ millrace abandon flights-daily/2001-01-05 routes')
    .action((run: string, step: string, flags: CommonFlags) => decide('abandon', run, { step }, flags));

async function decide(
  update: 'adopt' | 'resubmit' | 'abandon',
  run: string,
  decision: { step: string; ref?: string },
  flags: CommonFlags,
): Promise<void> {
  const { client, close } = await connect(flags, configFolder(flags.config));
  try {
    const { workflowId, runId } = parseRunName(run);
    const handle = client.workflow.getHandle(workflowId, runId);
    const step = await handle.executeUpdate<StepProgress, [typeof decision]>(update, { args: [decision] });
    if (flags.json) printJson(step);
    else say(`${workflowId}: step ${step.id} is told to ${update}${decision.ref ? ` ${decision.ref}` : ''}`);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw notFound(run);
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw new CliError(
      'Rejected',
      error.cause?.message ?? error.message,
      `see \`millrace show ${run}\` for how its steps stand`,
    );
  } finally {
    await close();
  }
}
