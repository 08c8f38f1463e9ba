import type { StepConfig } from '@aws-sdk/client-emr';
import { assertNever, EtlError } from '../../domain/failure.ts';
import { refuse, REFUSALS } from '../../domain/refusals.ts';
import type { JobSpec, SparkSpec } from '../../ports.ts';
import { sparkSqlScript } from '../spark-sql.ts';
import { shellCommand } from './shell.ts';

interface Command {
  command: string[];
  /** What it needs in S3, by path. */
  files: Record<string, string>;
}

const rejected = (message: string): EtlError => new EtlError('Rejected', message);

/**
 * A job as a step: a command line for command-runner.jar, and the files that it needs in S3, in `folder`.
 *
 * https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-commandrunner.html
 */
export function stepConfig(
  spec: JobSpec,
  key: string,
  folder: string,
): { step: StepConfig; files: Record<string, string> } {
  refuse('EMR', REFUSALS.emr, spec);
  const { command, files } = commandOf(spec, key, folder);
  return {
    step: {
      Name: key,
      ActionOnFailure: 'CONTINUE',
      HadoopJarStep: { Jar: 'command-runner.jar', Args: command },
    },
    files,
  };
}

function commandOf(spec: JobSpec, key: string, folder: string): Command {
  switch (spec.kind) {
    case 'sql':
      return sparkSqlFile(sparkSqlScript(spec, 's3'), ['--name', key], folder);
    case 'hive': {
      const url = 'script' in spec ? spec.script : `${folder}query.hql`;
      return {
        command: ['hive-script', '--run-hive-script', '--args', '-f', url],
        files: 'query' in spec ? { [url]: spec.query } : {},
      };
    }
    case 'spark':
      return sparkSubmit(spec, key, folder);
    case 'shell':
      return shellCommand(spec, folder);
    case 'presto':
    case 'dbExport':
    case 'chain':
      throw rejected(`EMR runs sql, hive, spark and shell, not ${spec.kind}`);
    default:
      return assertNever(spec);
  }
}

function sparkSubmit(
  { app, arguments: args, conf, options }: SparkSpec,
  key: string,
  folder: string,
): Command {
  const given = [
    '--name',
    key,
    ...Object.entries(conf).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
  ];
  const submit = ['spark-submit', ...given, ...options];
  switch (app.form) {
    case 'sql':
      return sparkSqlFile(app.sql, [...given, ...options], folder);
    case 'jar':
      return { command: [...submit, '--class', app.mainClass, app.jar, ...args], files: {} };
    case 'python':
      return { command: [...submit, app.python, ...args], files: {} };
    case 'program': {
      const url = `${folder}program.py`;
      return { command: [...submit, url, ...args], files: { [url]: app.program } };
    }
    case 'cmdline':
      throw rejected('EMR takes no `cmdline`; write `jar` or `python`, with `options`');
    default:
      return assertNever(app);
  }
}

function sparkSqlFile(sql: string, options: string[], folder: string): Command {
  const url = `${folder}query.sql`;
  return { command: ['spark-sql', ...options, '-f', url], files: { [url]: sql } };
}
