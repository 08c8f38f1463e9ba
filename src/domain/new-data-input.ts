import { z } from 'zod';
import { readInput } from './workflow-input.ts';

const schema = z.strictObject({ pipeline: z.string().min(1), interval: z.string().min(1) });

const EXAMPLE = '{"pipeline":"flights-daily","interval":"2001-01-05"}';

/** The input of a `newData` workflow, or what its ID says; `Rejected` names each wrong field. */
export function parseNewDataInput(input: unknown, workflowId: string): z.output<typeof schema> {
  const [pipeline = '', interval = ''] = workflowId.split('/', 2);
  return readInput(schema, input ?? { pipeline, interval }, EXAMPLE) as z.output<typeof schema>;
}
