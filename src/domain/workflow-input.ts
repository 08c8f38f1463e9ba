import type { z } from 'zod';
import { EtlError } from './failure.ts';

/** Reads the input of a workflow, which anybody may have typed; `Rejected` names each wrong field, and shows an example. */
export function readInput(schema: z.ZodType, input: unknown, example: string): unknown {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new EtlError(
    'Rejected',
    `the workflow's input is wrong: ${problems.join('; ')}. Write it like ${example}`,
  );
}
