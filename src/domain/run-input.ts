import { z } from 'zod';
import type { Json } from './definition.ts';
import { TRIGGER_KINDS, type PipelineInput } from './run.ts';
import { readInput } from './workflow-input.ts';

const json: z.ZodType<Json> = z.json();

const schema = z.strictObject({
  pipeline: z.string().min(1),
  interval: z.string().min(1).optional(),
  params: z.record(z.string(), json).optional(),
  trigger: z
    .strictObject({
      kind: z.enum(TRIGGER_KINDS),
      files: z.array(json).optional(),
      manifest: z.string().optional(),
      partial: z.boolean().optional(),
    })
    .optional(),
});

const EXAMPLE = '{"pipeline":"flights-daily","interval":"2001-01-05"}';

/** Reads the input of a `pipeline` workflow, which anybody may have typed; `Rejected` names each wrong field. */
export const parseRunInput = (input: unknown): PipelineInput =>
  readInput(schema, input, EXAMPLE) as PipelineInput;
