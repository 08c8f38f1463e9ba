import { z } from 'zod';
import { filled } from '../fields.ts';
import { query, warehouse } from './fields.ts';
import { kindSpec } from './kind.ts';

export const check = kindSpec('check', {
  schema: z
    .strictObject({
      warehouse: warehouse(),
      query: query(),
      expect: filled().meta({
        description: 'CEL that must be true, over `row`, the first row.',
        examples: ['row.n > 0'],
      }),
    })
    .meta({ description: 'Fails the run when the data is not as expected.' }),
  connection: 'warehouse',
  texts: { query: 'sql', expect: 'expect' },
  build: ({ warehouse: own, query: text, expect }, build) => ({
    warehouse: build.connection('warehouse', own),
    query: build.text(text),
    expect,
  }),
});
