import { z } from 'zod';
import type { StepKind } from '../domain/definition.ts';
import {
  anyJson,
  connectionName,
  cron,
  duration,
  filled,
  matching,
  positiveDuration,
  timezone,
} from './fields.ts';
import { stepId } from './step-id.ts';

/*
 * The form of a pipeline file. What needs a look across the file (steps that look at later ones, expressions,
 * connections) is checked beside it; the JSON Schema for editors is made of this.
 */

const attempts = z.int().min(1).max(1000);

const retry = z
  .strictObject({
    attempts: attempts
      .optional()
      .meta({ description: 'How often to try, the first time included.', examples: [3] }),
    delay: duration()
      .optional()
      .meta({ description: 'How long to wait between attempts.', examples: ['1m'] }),
  })
  .meta({ description: 'How often a step that failed is tried, and how long it waits in between.' });

const path = () => filled().meta({ description: 'An s3:// URL or a local path; ${…} is CEL.' });

const fileSet = z
  .strictObject({ path: path(), format: z.enum(['parquet', 'csv', 'json']) })
  .meta({ description: 'Files of one format: a folder (ending in /), a file or a glob.' });

const fileSetTemplate = z.union([filled(), fileSet]).meta({
  description: 'Files, or those of an earlier step: "${steps.x.output}".',
  examples: ['{ path: s3://bucket/folder/, format: parquet }'],
});

const query = z.union([filled(), z.strictObject({ file: filled() })]).meta({
  description:
    'SQL, or { file: … } beside the pipeline file. ${…} is a value there, never text: no quotes around it.',
  examples: ['select 1'],
});

const engine = connectionName()
  .optional()
  .meta({ description: 'An engine of millrace.yaml; else defaults.engine.' });
const warehouse = connectionName()
  .optional()
  .meta({ description: 'A warehouse of millrace.yaml; else defaults.warehouse.' });

const column = matching('bad-name', /^[A-Za-z_]\w*$/, 'a column has letters, digits and _, no digit first');
const table = matching(
  'bad-name',
  /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$|\$\{/,
  'a table is like public.orders, of letters, digits and _',
);

export const KIND_SCHEMAS = {
  ensureCluster: z
    .strictObject({
      engine,
      release: z.enum(['keep', 'whenIdle', 'always']).optional().meta({
        description: 'When to end the cluster: never (keep, the default), when it idles, or always.',
      }),
    })
    .meta({ description: 'Makes sure that the cluster is up.', examples: ['{}'] }),
  sql: z
    .strictObject({
      engine,
      inputs: z
        .record(
          matching('bad-name', /^[A-Za-z_]\w*$/, 'a table has letters, digits and _, no digit first'),
          fileSetTemplate,
        )
        .optional()
        .meta({ description: 'The tables that the query sees, each with its files.' }),
      query,
      output: fileSet.meta({ description: 'Where the rows go: a folder.' }),
    })
    .meta({ description: 'One SELECT; the engine writes its rows to output.' }),
  redshiftCopy: z
    .strictObject({
      warehouse,
      from: fileSetTemplate,
      table: table.meta({ description: 'The table, with its schema.', examples: ['public.orders'] }),
      mode: z.enum(['upsert', 'replaceWhere']).meta({
        description:
          'upsert replaces the rows of the same uniqueKey, replaceWhere all rows for which where is true.',
      }),
      uniqueKey: z
        .array(column)
        .min(1)
        .optional()
        .meta({
          description: 'For upsert: the columns that tell rows apart.',
          examples: ['[day, origin]'],
        }),
      where: filled()
        .optional()
        .meta({ description: 'For replaceWhere: SQL.', examples: ['day = ${interval.date}'] }),
    })
    .meta({ description: 'Publishes files into a Redshift table, exactly once.' }),
  redshiftSql: z
    .strictObject({ warehouse, query })
    .meta({ description: 'SQL statements in Redshift, as one transaction.' }),
  check: z
    .strictObject({
      warehouse,
      query,
      expect: filled().meta({
        description: 'CEL that must be true, over `row`, the first row.',
        examples: ['row.n > 0'],
      }),
    })
    .meta({ description: 'Fails the run when the data is not as expected.' }),
  activateDataPipeline: z
    .strictObject({
      name: filled().optional().meta({ description: 'The name of the Data Pipeline.' }),
      id: filled()
        .optional()
        .meta({ description: 'Or its ID.', examples: ['df-0123456789'] }),
      params: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
        .optional()
        .meta({ description: 'Values for the parameters of the pipeline.' }),
    })
    .meta({ description: 'Activates an AWS Data Pipeline and waits for its instances.' }),
  waitForData: z
    .strictObject({
      path: path(),
      marker: filled()
        .optional()
        .meta({ description: 'A file that says that the data is complete.', examples: ['_SUCCESS'] }),
      count: z.int().min(1).optional().meta({ description: 'How many files there must be; 1 unless said.' }),
    })
    .meta({ description: 'Waits until files are there.' }),
  putObject: z
    .strictObject({
      path: path(),
      content: anyJson().meta({ description: 'The text, or any value, which is written as JSON.' }),
    })
    .meta({ description: 'Writes a small file.' }),
  notify: z
    .strictObject({
      webhook: connectionName().meta({ description: 'A webhook of millrace.yaml.', examples: ['oncall'] }),
      message: filled().meta({ description: 'The text; ${…} is CEL.' }),
    })
    .meta({ description: 'Tells somebody.' }),
} satisfies Record<StepKind, z.ZodObject>;

export const KINDS = Object.keys(KIND_SCHEMAS) as StepKind[];

const kindFields = Object.fromEntries(KINDS.map((kind) => [kind, KIND_SCHEMAS[kind].optional()])) as {
  [K in StepKind]: z.ZodOptional<(typeof KIND_SCHEMAS)[K]>;
};

const needs = z.array(z.string()).meta({
  description: 'The steps that come first. Once one step has needs, every step has them; [] starts at once.',
  examples: ['[routes]'],
});

const step = z
  .strictObject({
    id: stepId().meta({ description: 'Others call the step by it: steps.<id>.rows.', examples: ['routes'] }),
    needs: needs.optional(),
    when: filled()
      .optional()
      .meta({
        description: 'CEL; the step is skipped when it is false.',
        examples: ['steps.routes.rows > 0'],
      }),
    retry: retry.optional(),
    timeout: positiveDuration()
      .optional()
      .meta({ description: 'Per attempt.', examples: ['4h'] }),
    allowFailure: z.boolean().optional().meta({ description: 'Lets the run go on when the step failed.' }),
    onLost: z
      .enum(['ask', 'resubmit'])
      .optional()
      .meta({ description: 'When the engine lost the job: stop and ask (the default), or submit it again.' }),
    ...kindFields,
  })
  .meta({ description: 'A step, of exactly one kind.', oneOf: KINDS.map((kind) => ({ required: [kind] })) });

const schedule = z
  .strictObject({
    cron: cron().meta({ description: 'Five fields, or @daily and the like.', examples: ['30 2 * * *'] }),
    timezone: timezone()
      .optional()
      .meta({ description: 'UTC unless said.', examples: ['America/New_York'] }),
    covers: z.enum(['hour', 'day', 'week', 'month', 'tick']).optional().meta({
      description: 'The interval that a run covers: the newest one that had ended; day unless said.',
    }),
    catchupWindow: positiveDuration()
      .optional()
      .meta({ description: 'How old a missed tick may be to be made up for.', examples: ['365d'] }),
  })
  .meta({ description: 'When the pipeline runs by itself.' });

const defaults = z
  .strictObject({
    engine: connectionName().optional(),
    warehouse: connectionName().optional(),
    retry: retry.optional(),
  })
  .meta({ description: 'What steps take that don’t say otherwise.' });

export const pipelineSchema = z
  .strictObject({
    name: matching(
      'bad-name',
      /^[a-z][a-z0-9-]*$/,
      'a pipeline’s name has small letters, digits and -, a letter first',
    ).meta({
      description: 'Names the pipeline and its runs.',
      examples: ['flights-daily'],
    }),
    schedule: schedule.optional(),
    params: z
      .record(z.string(), anyJson())
      .optional()
      .meta({ description: 'Values that a run may override.' }),
    defaults: defaults.optional(),
    steps: z.array(step).min(1).meta({ description: 'What happens, in this order unless steps have needs.' }),
    onFailure: z
      .array(step)
      .optional()
      .meta({ description: 'Steps for a run that failed; they see `failure`.' }),
  })
  .meta({ title: 'Millrace pipeline', description: 'A pipeline of Millrace.' });

export type PipelineFile = z.infer<typeof pipelineSchema>;
export type StepFile = PipelineFile['steps'][number];
export type RetryFile = z.infer<typeof retry>;
