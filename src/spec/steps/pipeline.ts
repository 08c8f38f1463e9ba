import { z } from 'zod';
import { anyJson, filled, pipelineName } from '../fields.ts';
import { kindSpec } from './kind.ts';

export const pipeline = kindSpec('pipeline', {
  schema: z
    .strictObject({
      name: pipelineName().meta({ description: 'The pipeline to run.', examples: ['orders-daily'] }),
      interval: filled()
        .optional()
        .meta({
          description: 'The interval to run it for; that of this run unless said. ${…} is CEL.',
          examples: ['2001-01-05'],
        }),
      params: z
        .record(z.string(), anyJson())
        .optional()
        .meta({ description: 'Values for its params; ${…} is CEL.', examples: ['{ limit: 10 }'] }),
    })
    .meta({ description: 'Runs another pipeline, or finds it running, and waits for its end.' }),
  texts: { name: 'plain' },
  build: ({ name, interval, params }) => ({
    name,
    ...(interval !== undefined && { interval }),
    ...(params && { params }),
  }),
});
