import { z } from 'zod';
import { EtlError } from './failure.ts';

const schema = z.strictObject({ pipeline: z.string().min(1), interval: z.string().min(1) });

/** The input of a `newData` workflow, or what its ID says; `Rejected` names each wrong field. */
export function parseNewDataInput(
  input: unknown,
  workflowId: string,
): { pipeline: string; interval: string } {
  const [pipeline = '', interval = ''] = workflowId.split('/', 2);
  const read = schema.safeParse(input ?? { pipeline, interval });
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new EtlError(
    'Rejected',
    `the workflow's input is wrong: ${problems.join('; ')}. Write it like {"pipeline":"flights-daily","interval":"2001-01-05"}`,
  );
}
