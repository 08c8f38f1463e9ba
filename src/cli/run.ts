import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Command } from 'commander';
import type { Definition, Json } from '../domain/definition.ts';
import { EtlError } from '../domain/failure.ts';
import { newestInterval, parseInterval } from '../domain/interval.ts';
import type { PipelineInput } from '../domain/run.ts';
import { PipelineFolder } from '../spec/pipeline-folder.ts';
import { configuration, connect, pageOf, withTemporal, type CommonFlags, type Connected } from './context.ts';
import { CliError } from './error.ts';
import { printJson, say } from './output.ts';
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
    .option(
      '--param <k=v>',
      'a parameter; may be given again',
      (pair: string, all: string[]) => [...all, pair],
      [],
    )
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
      const definition = await load(new PipelineFolder(config.pipelines, config.folder), name);
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
        say(failureLine(name, input.interval, end));
      } finally {
        await connected.close();
      }
    });

async function load(folder: PipelineFolder, name: string): Promise<Definition> {
  try {
    return await folder.load(name);
  } catch (error) {
    if (!(error instanceof EtlError)) throw error;
    throw new CliError(error.type, error.message, 'see `millrace validate FILE`');
  }
}

function inputOf(definition: Definition, flags: RunFlags): PipelineInput & { interval: string } {
  const { covers, timezone, name } = definition;
  const params = Object.fromEntries(flags.param.map((pair) => paramOf(definition, pair)));
  try {
    const interval =
      flags.interval === undefined
        ? newestInterval(new Date(), covers, timezone)
        : parseInterval(flags.interval, covers, timezone);
    const input = { pipeline: name, interval: interval.id, trigger: { kind: 'run' as const } };
    return flags.param.length === 0 ? input : { ...input, params };
  } catch (error) {
    const [message = '', fix = ''] = String(error instanceof Error ? error.message : error).split('; ');
    throw new CliError('BadInterval', message, fix);
  }
}

/** The default says of what type a parameter is: a text stays a text, anything else is read as JSON. */
function paramOf({ params, name }: Definition, pair: string): [string, Json] {
  const at = pair.indexOf('=');
  const key = pair.slice(0, at);
  if (at <= 0)
    throw new CliError('Usage', `--param ${pair} is no k=v`, 'write it like --param alertAbove=20');
  if (!Object.hasOwn(params, key)) {
    const known = Object.keys(params).join(', ') || 'none';
    throw new CliError('Usage', `${name} has no parameter ${key}`, `it has: ${known}`);
  }
  const text = pair.slice(at + 1);
  if (typeof params[key] === 'string') return [key, text];
  try {
    return [key, JSON.parse(text) as Json];
  } catch {
    const example = JSON.stringify(params[key]);
    throw new CliError(
      'Usage',
      `${key} can't be ${text}`,
      `its default is ${example}: write a value like it`,
    );
  }
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
