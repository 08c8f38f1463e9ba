import { z } from 'zod';
import type { SparkApp, SparkSpec } from '../../ports.ts';
import { filled } from '../fields.ts';
import { command, commandKind, exactlyOne, goesWith } from './command.ts';
import { outputOfRows, query, text, url } from './fields.ts';
import type { Build } from './kind.ts';

const schema = z
  .strictObject({
    sql: query().optional(),
    program: text().optional().meta({ description: 'The program’s text, or { file: … }; with language.' }),
    language: z.enum(['python', 'scala', 'R']).optional().meta({ description: 'Of program.' }),
    python: url()
      .optional()
      .meta({ description: 'A Python file.', examples: ['s3://code/job.py'] }),
    jar: url()
      .optional()
      .meta({ description: 'A jar; with mainClass.', examples: ['s3://code/job.jar'] }),
    mainClass: filled()
      .optional()
      .meta({ description: 'Of jar.', examples: ['com.example.Job'] }),
    cmdline: filled().optional().meta({ description: 'A whole spark-submit command; for Qubole.' }),
    arguments: z.array(z.string()).optional().meta({ description: 'For the application; ${…} is CEL.' }),
    conf: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .meta({ description: 'Spark’s properties.', examples: ['{ spark.executor.memory: 4g }'] }),
    options: z
      .array(z.string())
      .optional()
      .meta({ description: 'Further options of spark-submit, word by word.' }),
    output: outputOfRows().optional(),
  })
  .meta({ description: 'A Spark application: sql, program, python, jar or cmdline.' });

type Args = z.output<typeof schema>;

function appOf(args: Args, build: Build): SparkApp {
  if (args.sql !== undefined) return { form: 'sql', sql: build.text(args.sql) };
  if (args.program !== undefined)
    return { form: 'program', program: build.text(args.program), language: args.language ?? 'python' };
  if (args.python !== undefined) return { form: 'python', python: args.python };
  if (args.jar !== undefined) return { form: 'jar', jar: args.jar, mainClass: args.mainClass ?? '' };
  return { form: 'cmdline', cmdline: args.cmdline ?? '' };
}

export const SPARK_FORMS = ['sql', 'program', 'python', 'jar', 'cmdline'] as const;

export const sparkCommand = command({
  kind: 'spark',
  schema,
  texts: { sql: 'sql', program: 'plain', language: 'plain', mainClass: 'plain' },
  job: (args, build): SparkSpec => ({
    kind: 'spark',
    app: appOf(args, build),
    arguments: args.arguments ?? [],
    conf: Object.fromEntries(Object.entries(args.conf ?? {}).map(([name, value]) => [name, String(value)])),
    options: args.options ?? [],
    ...(args.output && { output: args.output }),
  }),
  check: (source, args, path) => [
    ...exactlyOne(source, args, path, SPARK_FORMS),
    ...goesWith(source, args, path, { field: 'language', other: 'program', required: true }),
    ...goesWith(source, args, path, { field: 'mainClass', other: 'jar', required: true }),
  ],
});

export const spark = commandKind(sparkCommand);
