import { z } from 'zod';
import { filled } from '../fields.ts';
import { path } from './fields.ts';
import { kindSpec } from './kind.ts';

export const waitForData = kindSpec('waitForData', {
  schema: z
    .strictObject({
      path: path(),
      marker: filled()
        .optional()
        .meta({ description: 'A file that says that the data is complete.', examples: ['_SUCCESS'] }),
      count: z.int().min(1).optional().meta({ description: 'How many files there must be; 1 unless said.' }),
    })
    .meta({ description: 'Waits until files are there.' }),
  texts: {},
  build: ({ path: at, marker, count = 1 }) => ({
    path: at,
    ...(marker !== undefined && { marker }),
    count,
  }),
});
