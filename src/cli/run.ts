import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Command } from 'commander';
import type { Definition } from '../domain/definition.ts';
import { EtlError } from '../domain/failure.ts';
import { intervalsOf } from '../domain/schedule-ticks.ts';
import { resolveParams, type Params } from '../domain/params.ts';
import type { PipelineInput } from '../domain/run.ts';
import { PipelineFolder } from '../spec/pipeline-folder.ts';
import { configuration, connect, pageOf, withTemporal, type CommonFlags, type Connected } from './context.ts';
import { CliError } from './error.ts';
import { printJson, say } from './output.ts';
import { paramOption, paramWords } from './param-option.ts';
import { follow } from './follow.ts';

interface RunFlags extends CommonFlags {
  interval?: string;
  param: string[];
  wait?: boolean;
}

export const run = (program: Command): void =>
  void withTemporal(program.command('run <name>'))
    .description('starts a run of a pipeline for an interval (the newest that has ended, if none is named)')
    .option('--interval <id>', 'the interval: 2001-01-05, 2001-01-05T03-05:00, 2001-W01 or 2001-01')
    .addOption(paramOption())
    .option('--wait', 'wait for its end; exit code 1 if it fails')
    .addHelpText(
      'after',
      `
Examples:
  $ millrace run flights-daily --interval 2001-01-05 --wait
  $ millrace run flights-daily --param alertAbove=20 --json`,
    )
    .action(async (name: string, flags: RunFlags) => {
      const config = await configuration(flags);
      const definition = await loadDefinition(new PipelineFolder(config.pipelines, config.folder), name);
      const input = inputOf(definition, flags);
      const connected = await connect(flags, config.folder);
      try {
        const started = await start(connected, config.taskQueue, input);
        const { workflowId, runId } = started;
        const url = pageOf(connected, workflowId, runId);
        if (!flags.wait) {
          if (flags.json) return printJson({ ...started, status: 'running', url });
          return say(`${workflowId} runs${url ? `: ${url}` : ''}`);
        }
        const end = await follow(connected, workflowId, runId, config.taskQueue, flags.json !== true);
        if (flags.json) printJson({ ...started, status: end.status, url, steps: end.steps });
        if (end.status === 'done')
          return flags.json ? undefined : say(`${workflowId} is done${url ? `: ${url}` : ''}`);
        process.exitCode = 1;
        say(`${failureLine(name, input.interval, end)}${paramWords(flags.param)}`);
      } finally {
        await connected.close();
      }
    });

/** A pipeline by its name; an error says what its file has wrong. */
export async function loadDefinition(folder: PipelineFolder, name: string): Promise<Definition> {
  try {
    return await folder.load(name);
  } catch (error) {
    if (!(error instanceof EtlError)) throw error;
    throw new CliError(error.type, error.message, 'see `millrace validate FILE`');
  }
}

/** What `run` starts: the interval that was asked for, or the newest, and the parameters. */
export function inputOf(
  definition: Definition,
  flags: Pick<RunFlags, 'interval' | 'param'>,
): PipelineInput & { interval: string } {
  const { name } = definition;
  const params = paramsOf(definition, flags.param);
  try {
    const intervals = intervalsOf(definition);
    const interval =
      flags.interval === undefined ? intervals.newest(new Date()) : intervals.parse(flags.interval);
    const input = { pipeline: name, interval: interval.id, trigger: { kind: 'run' as const } };
    return flags.param.length === 0 ? input : { ...input, params };
  } catch (error) {
    const [message = '', fix = ''] = String(error instanceof Error ? error.message : error).split('; ');
    throw new CliError('BadInterval', message, fix);
  }
}

/** The texts of `--param`, read as the file declares them. */
export function paramsOf({ params: definitions }: Definition, pairs: string[]): Params {
  const given: Params = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at <= 0)
      throw new CliError('Usage', `--param ${pair} is no k=v`, 'write it like --param alertAbove=20');
    given[pair.slice(0, at)] = pair.slice(at + 1);
  }
  const { params, problems } = resolveParams(definitions, given);
  const [first, ...rest] = problems;
  if (first) {
    const fix = [first.fix, ...rest.map(({ message, fix }) => `${message}; ${fix}`)].join('. ');
    throw new CliError('Usage', first.message, fix);
  }
  return Object.fromEntries(Object.keys(given).map((name) => [name, params[name] ?? null]));
}

async function start({ client }: Connected, taskQueue: string, input: PipelineInput & { interval: string }) {
  const { interval } = input;
  const workflowId = `${input.pipeline}/${interval}`;
  try {
    const handle = await client.workflow.start('pipeline', { workflowId, taskQueue, args: [input] });
    return { workflowId, runId: handle.firstExecutionRunId, interval };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { runId } = await client.workflow.getHandle(workflowId).describe();
    throw new CliError(
      'AlreadyOpen',
      `${workflowId} is open already (run ${runId})`,
      `wait for it, look at it by \`millrace show ${workflowId}\`, or \`millrace cancel ${workflowId}\``,
      { extra: { workflowId, runId } },
    );
  }
}

function failureLine(
  name: string,
  interval: string,
  end: { status: string; message: string; log: string | null },
): string {
  const log = end.log === null ? '' : ` Log: ${end.log}.`;
  return `${name}/${interval} ${end.status}: ${end.message}.${log} Again: millrace run ${name} --interval ${interval}`;
}
