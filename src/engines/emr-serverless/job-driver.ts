import type { JobDriver } from '@aws-sdk/client-emr-serverless';
import { assertNever, EtlError } from '../../domain/failure.ts';
import { refuse, REFUSALS } from '../../domain/refusals.ts';
import type { JobSpec, SparkSpec } from '../../ports.ts';
import { programOfScript, programOfSql } from '../spark-program.ts';
import type { EmrServerlessOptions } from './options.ts';

interface Job {
  driver: JobDriver;
  /** What it needs in S3, by path. */
  files: Record<string, string>;
}

const CATALOGUE = { hive: true };

const rejected = (message: string): EtlError => new EtlError('Rejected', message);

/**
 * A job as EMR Serverless takes it, with its files in `folder`.
 *
 * https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs.html
 */
export function jobDriver(
  spec: JobSpec,
  folder: string,
  { conf, staging }: Pick<EmrServerlessOptions, 'conf' | 'staging'>,
): Job {
  refuse('EMR Serverless', REFUSALS['emr-serverless'], spec);
  switch (spec.kind) {
    case 'sql':
      return program(programOfSql(spec, 's3', CATALOGUE), [], parameters(conf, []), folder);
    case 'spark':
      return spark(spec, folder, conf);
    case 'hive': {
      const query = 'script' in spec ? spec.script : `${folder}query.hql`;
      const places = [
        `--hiveconf hive.exec.scratchdir=${staging}hive/scratch`,
        `--hiveconf hive.metastore.warehouse.dir=${staging}hive/warehouse`,
      ];
      return {
        driver: { hive: { query, parameters: places.join(' ') } },
        files: 'query' in spec ? { [query]: spec.query } : {},
      };
    }
    case 'shell':
    case 'presto':
    case 'dbExport':
    case 'chain':
      throw rejected(`EMR Serverless runs sql, hive and spark, not ${spec.kind}`);
    default:
      return assertNever(spec);
  }
}

function spark(
  { app, arguments: args, conf, options }: SparkSpec,
  folder: string,
  common: Record<string, string>,
): Job {
  const all = { ...common, ...conf };
  switch (app.form) {
    case 'sql':
      return program(programOfScript(app.sql, CATALOGUE), args, parameters(all, options), folder);
    case 'program':
      return program(app.program, args, parameters(all, options), folder);
    case 'python':
      return { driver: submit(app.python, args, parameters(all, options)), files: {} };
    case 'jar':
      return {
        driver: submit(app.jar, args, parameters(all, [...options, '--class', app.mainClass])),
        files: {},
      };
    case 'cmdline':
      throw rejected('EMR Serverless takes no `cmdline`; write `jar` or `python`, with `options`');
    default:
      return assertNever(app);
  }
}

function program(text: string, args: string[], words: string[], folder: string): Job {
  const url = `${folder}program.py`;
  return { driver: submit(url, args, words), files: { [url]: text } };
}

const submit = (entryPoint: string, args: string[], words: string[]): JobDriver => ({
  sparkSubmit: {
    entryPoint,
    entryPointArguments: args,
    ...(words.length > 0 && { sparkSubmitParameters: words.map(quoted).join(' ') }),
  },
});

const parameters = (conf: Record<string, string>, options: string[]): string[] => [
  ...Object.entries(conf).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
  ...options,
];

/** One text of many words: one with a space in it needs quotes. */
const quoted = (word: string): string =>
  /^[^\s"'\\]+$/.test(word) ? word : `"${word.replaceAll(/(["\\])/g, '\\$1')}"`;
