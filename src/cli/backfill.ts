import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { Option, type Command } from 'commander';
import { configFolder } from '../config.ts';
import { MOST_AT_ONCE, ORDERS, spanOf, type BackfillInput } from '../domain/backfill.ts';
import type { BackfillReport } from '../domain/backfill-progress.ts';
import type { Definition } from '../domain/definition.ts';
import { intervalsOf } from '../domain/schedule-ticks.ts';
import { PipelineFolder } from '../spec/pipeline-folder.ts';
import { followBackfill } from './backfill/follow.ts';
import { reportLines } from './backfill/report.ts';
import { configuration, connect, withTemporal, type CommonFlags } from './context.ts';
import { CliError } from './error.ts';
import { printJson, say } from './output.ts';
import { paramOption } from './param-option.ts';
import { loadDefinition, paramsOf } from './run.ts';

interface BackfillFlags extends CommonFlags {
  from?: string;
  to?: string;
  concurrency?: number;
  order?: (typeof ORDERS)[number];
  onlyMissing?: boolean;
  failed?: boolean;
  rerun?: boolean;
  maxFailures?: number;
  param: string[];
  wait: boolean;
  pause?: boolean;
  resume?: boolean;
  cancel?: boolean;
}

const count = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new CliError('Usage', `${text} is no number of runs`, 'write a whole number from 1');
};

const concurrency = (text: string): number => {
  const value = count(text);
  if (value <= MOST_AT_ONCE) return value;
  const fix = `write ${MOST_AT_ONCE} at most, like --concurrency ${MOST_AT_ONCE}`;
  throw new CliError('Usage', `--concurrency can't be ${text}`, fix);
};

export const backfill = (program: Command): void =>
  void withTemporal(program.command('backfill <name>'))
    .description(
      'runs a pipeline for many intervals, a few at once; without --from, follows the one that runs',
    )
    .option('--from <interval>', 'the first interval, or a date')
    .option('--to <interval>', 'the last interval, or a date; included')
    .option(
      '--concurrency <n>',
      `how many runs at once (4 unless said, ${MOST_AT_ONCE} at most)`,
      concurrency,
    )
    .addOption(new Option('--order <order>', 'which intervals go first (oldest unless said)').choices(ORDERS))
    .option('--only-missing', 'only intervals that never ran')
    .addOption(new Option('--failed', 'only intervals whose last run failed').conflicts('onlyMissing'))
    .option('--rerun', 'also run again what is done')
    .option('--max-failures <k>', 'start nothing more after so many failures', count)
    .addOption(paramOption())
    .option('--no-wait', 'return as soon as it has started')
    .option('--pause', 'start no more runs of the backfill that runs')
    .option('--resume', 'go on with it')
    .option('--cancel', 'cancel it, with its open runs')
    .addHelpText(
      'after',
      `
An interval that is done is not run again, unless --rerun says so. Ctrl-C ends the display, not the backfill.

Examples:
  $ millrace backfill flights-daily --from 2001-01-01 --to 2001-03-31 --concurrency 8
  $ millrace backfill flights-daily --from 2001-01-01 --to 2001-12-31 --failed --order newest
  $ millrace backfill flights-daily --pause`,
    )
    .action(async (name: string, flags: BackfillFlags) => {
      const starts = flags.from !== undefined || flags.to !== undefined;
      const input = starts ? await inputOf(name, flags) : undefined;
      const connected = await connect(flags, configFolder(flags.config));
      const workflowId = `${name}/backfill`;
      const { client } = connected;
      try {
        if (input) {
          const { taskQueue } = await configuration(flags);
          const { runId } = await start(client, taskQueue, workflowId, input);
          if (!flags.wait) {
            if (flags.json) return printJson({ workflowId, runId, status: 'running' });
            return say(`${workflowId} runs`);
          }
        }
        if (flags.pause || flags.resume)
          return tell(workflowId, await ask(client, workflowId, flags.pause ? 'pause' : 'resume'), flags);
        if (flags.cancel) await found(name, client.workflow.getHandle(workflowId).cancel());
        const report = await found(name, followBackfill(client, workflowId, flags.json !== true));
        if (report.status !== 'done') process.exitCode = 1;
        tell(workflowId, report, flags);
      } finally {
        await connected.close();
      }
    });

async function inputOf(name: string, flags: BackfillFlags): Promise<BackfillInput> {
  const { from, to, concurrency, order, rerun, maxFailures } = flags;
  if (from === undefined || to === undefined)
    throw new CliError(
      'Usage',
      `--${from === undefined ? 'from' : 'to'} is missing`,
      'a backfill has --from and --to',
    );
  const config = await configuration(flags);
  const definition = await loadDefinition(new PipelineFolder(config.pipelines, config.folder), name);
  checkSpan(definition, { from, to });
  const params = paramsOf(definition, flags.param);
  const only = flags.onlyMissing ? 'missing' : flags.failed ? 'failed' : undefined;
  return {
    pipeline: name,
    from,
    to,
    ...(flags.param.length > 0 && { params }),
    ...(concurrency !== undefined && { concurrency }),
    ...(order !== undefined && { order }),
    ...(only !== undefined && { only }),
    ...(rerun === true && { rerun }),
    ...(maxFailures !== undefined && { maxFailures }),
  };
}

function checkSpan(definition: Definition, span: { from: string; to: string }): void {
  try {
    spanOf(intervalsOf(definition), definition.timezone, span, new Date());
  } catch (error) {
    const [message = '', fix = ''] = String(error instanceof Error ? error.message : error).split('; ');
    throw new CliError('BadInterval', message, fix);
  }
}

async function start(client: Client, taskQueue: string, workflowId: string, input: BackfillInput) {
  try {
    const handle = await client.workflow.start('backfill', { workflowId, taskQueue, args: [input] });
    return { runId: handle.firstExecutionRunId };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { runId } = await client.workflow.getHandle(workflowId).describe();
    throw new CliError(
      'AlreadyOpen',
      `a backfill of ${input.pipeline} is open already (run ${runId})`,
      `follow it by \`millrace backfill ${input.pipeline}\`, or end it by \`millrace backfill ${input.pipeline} --cancel\``,
      { extra: { workflowId, runId } },
    );
  }
}

const ask = (client: Client, workflowId: string, update: 'pause' | 'resume'): Promise<BackfillReport> =>
  found(
    workflowId.split('/')[0] ?? '',
    client.workflow.getHandle(workflowId).executeUpdate<BackfillReport, []>(update),
  );

/** What a request about the backfill gives, or that there is none. */
async function found<T>(name: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new CliError(
      'NotFound',
      `no backfill of ${name} is open`,
      `start one: \`millrace backfill ${name} --from 2001-01-01 --to 2001-03-31\``,
    );
  }
}

function tell(workflowId: string, report: BackfillReport, { json }: CommonFlags): void {
  if (json) printJson({ workflowId, ...report });
  else say(reportLines(report));
}
