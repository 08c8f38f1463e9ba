import { z } from 'zod';
import type { StepKind } from '../domain/definition.ts';
import { events } from './events.ts';
import { anyJson, connectionName, duration, filled, pipelineName, positiveDuration } from './fields.ts';
import { schedule } from './schedule.ts';
import { stepId } from './step-id.ts';
import { KIND_SPECS, KINDS } from './steps/index.ts';

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

const kindFields = Object.fromEntries(KINDS.map((kind) => [kind, KIND_SPECS[kind].schema.optional()])) as {
  [K in StepKind]: z.ZodOptional<(typeof KIND_SPECS)[K]['schema']>;
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
    forEach: z
      .union([filled(), z.array(anyJson())])
      .optional()
      .meta({
        description: 'Does the step once for each item of a list, which what it does sees as `item`.',
        examples: ['${params.airports}'],
      }),
    concurrency: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'How many items at once; 4 unless said.', examples: [4] }),
    allowFailure: z.boolean().optional().meta({ description: 'Lets the run go on when the step failed.' }),
    onLost: z
      .enum(['ask', 'resubmit'])
      .optional()
      .meta({ description: 'When the engine lost the job: stop and ask (the default), or submit it again.' }),
    ...kindFields,
  })
  .meta({ description: 'A step, of exactly one kind.', oneOf: KINDS.map((kind) => ({ required: [kind] })) });

const defaults = z
  .strictObject({
    engine: connectionName().optional(),
    warehouse: connectionName().optional(),
    retry: retry.optional(),
  })
  .meta({ description: 'What steps take that don’t say otherwise.' });

export const pipelineSchema = z
  .strictObject({
    name: pipelineName().meta({
      description: 'Names the pipeline and its runs.',
      examples: ['flights-daily'],
    }),
    schedule: schedule.optional(),
    after: z
      .array(pipelineName())
      .optional()
      .meta({
        description: 'Pipelines whose runs of the same interval have to be done before the first step.',
        examples: ['[orders-daily]'],
      }),
    events: events.optional(),
    params: z
      .record(z.string(), anyJson())
      .optional()
      .meta({
        description:
          'Values that a run may override: each a default, or { type, default, required }, where type is string, integer, number, boolean, date, list, map or any.',
        examples: ['{ alertAbove: 10, since: { type: date, required: true } }'],
      }),
    defaults: defaults.optional(),
    timeout: positiveDuration()
      .optional()
      .meta({ description: 'How long the steps may take, all together.', examples: ['8h'] }),
    steps: z.array(step).min(1).meta({ description: 'What happens, in this order unless steps have needs.' }),
    finally: z.array(step).optional().meta({
      description: 'Steps after the others, whatever those came to, also when the run is cancelled.',
    }),
    onSuccess: z.array(step).optional().meta({ description: 'Steps for a run in which nothing failed.' }),
    onFailure: z
      .array(step)
      .optional()
      .meta({ description: 'Steps for a run that failed; they see `failure`.' }),
  })
  .meta({ title: 'Millrace pipeline', description: 'A pipeline of Millrace.' });

export type PipelineFile = z.infer<typeof pipelineSchema>;
export type StepFile = PipelineFile['steps'][number];
export type RetryFile = z.infer<typeof retry>;
