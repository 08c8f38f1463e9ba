import type { Command } from 'commander';
import { completeEnvironment, environment } from '../config.ts';
import { EtlError, FAILURE } from '../domain/failure.ts';
import { resolveParams } from '../domain/params.ts';
import type { Finding } from '../domain/preflight.ts';
import { intervalsOf } from '../domain/schedule-ticks.ts';
import { PipelineFolder } from '../spec/pipeline-folder.ts';
import { createEngines, createWarehouses } from '../worker.ts';
import { configuration, connect, withTemporal, type CommonFlags } from './context.ts';
import { CliError } from './error.ts';
import { paint, printJson, say } from './output.ts';
import { paramOption } from './param-option.ts';
import { loadsFindings } from './preflight/findings.ts';
import { pushQueueFindings, taskQueueFindings } from './preflight/queues.ts';
import { inputOf, loadDefinition } from './run.ts';

interface PreflightFlags extends CommonFlags {
  interval?: string;
  param: string[];
}

export const preflight = (program: Command): void =>
  void withTemporal(program.command('preflight <name>'))
    .description(
      'looks whether the warehouse, tables, columns, role and queues of a pipeline are there and fit',
    )
    .option('--interval <id>', 'of the run that is looked ahead to; else the newest that has ended')
    .addOption(paramOption('a parameter of that run; may be given again'))
    .addHelpText(
      'after',
      `
Nothing is changed. Columns are compared with the files that earlier runs of the interval, or of the one before, have
left. The exit code is 2 if there is an error; warnings leave it at 0.

Examples:
  $ millrace preflight flights-daily
  $ millrace preflight flights-daily --interval 2001-01-05 --json | jq '.[] | select(.level == "error")'`,
    )
    .action(async (name: string, flags: PreflightFlags) => {
      const config = await configuration(flags);
      const definition = await loadDefinition(new PipelineFolder(config.pipelines, config.folder), name);
      const input = inputOf(definition, flags);
      const connected = await connect(flags, config.folder);
      try {
        const env = connected.dev ? completeEnvironment(connected.dev.env) : environment;
        const intervals = intervalsOf(definition);
        const interval = intervals.parse(input.interval);
        const found = [
          ...(await taskQueueFindings(connected.client, config.taskQueue)),
          ...(await pushQueueFindings(definition, config, env)),
          ...(await loadsFindings(definition, {
            warehouses: createWarehouses(config, env),
            store: createEngines(config, env).store,
            intervals: [interval, intervals.newest(new Date(interval.start))],
            params: resolveParams(definition.params, input.params).params,
          })),
        ];
        report(found, flags.json === true);
      } catch (error) {
        if (!(error instanceof EtlError)) throw error;
        const exitCode = FAILURE[error.type].retryable ? 3 : 2;
        throw new CliError(error.type, error.message, 'nothing was changed; mend it and ask again', {
          exitCode,
        });
      } finally {
        await connected.close();
      }
    });

function report(found: readonly Finding[], isJson: boolean): void {
  const errors = found.filter(({ level }) => level === 'error').length;
  if (errors > 0) process.exitCode = 2;
  if (isJson) return printJson(found.map(({ message, ...rest }) => ({ ...rest, ...taken(message) })));
  for (const { step, level, message } of found)
    console.log(
      `${paint(level === 'error' ? 'red' : 'yellow', level)}: ${step === null ? '' : `step ${step}: `}${message}`,
    );
  const warnings = found.length - errors;
  say(`${counted(errors, 'error')}, ${counted(warnings, 'warning')}`);
}

/** What is wrong, and what to do. */
function taken(text: string): { message: string; fix: string } {
  const at = text.lastIndexOf('; ');
  return at < 0 ? { message: text, fix: '' } : { message: text.slice(0, at), fix: text.slice(at + 2) };
}

const counted = (count: number, what: string) =>
  count === 0 ? `no ${what}s` : `${count} ${what}${count === 1 ? '' : 's'}`;
