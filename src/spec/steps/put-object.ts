import { z } from 'zod';
import { anyJson } from '../fields.ts';
import { path } from './fields.ts';
import { kindSpec } from './kind.ts';

export const putObject = kindSpec('putObject', {
  schema: z
    .strictObject({
      path: path(),
      content: anyJson().meta({ description: 'The text, or any value, which is written as JSON.' }),
    })
    .meta({ description: 'Writes a small file.' }),
  texts: {},
  build: ({ path: at, content }) => ({ path: at, content }),
});
