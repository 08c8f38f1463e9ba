import { z } from 'zod';
import type { Json } from './definition.ts';
import { EtlError } from './failure.ts';
import { TRIGGER_KINDS, type PipelineInput } from './run.ts';

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
    })
    .optional(),
});

const EXAMPLE = '{"pipeline":"flights-daily","interval":"2001-01-05"}';

/** Reads the input of a `pipeline` workflow, which anybody may have typed; `Rejected` names each wrong field. */
export function parseRunInput(input: unknown): PipelineInput {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data as PipelineInput;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new EtlError(
    'Rejected',
    `the workflow's input is wrong: ${problems.join('; ')}. Write it like ${EXAMPLE}`,
  );
}
