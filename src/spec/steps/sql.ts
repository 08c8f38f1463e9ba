import { z } from 'zod';
import { matching } from '../fields.ts';
import { engine, fileSet, fileSetTemplate, query } from './fields.ts';
import { kindSpec } from './kind.ts';
import { checkOutput } from './output.ts';

export const sql = kindSpec('sql', {
  schema: z
    .strictObject({
      engine: engine(),
      inputs: z
        .record(
          matching('bad-name', /^[A-Za-z_]\w*$/, 'a table has letters, digits and _, no digit first'),
          fileSetTemplate(),
        )
        .optional()
        .meta({ description: 'The tables that the query sees, each with its files.' }),
      query: query(),
      output: fileSet().meta({ description: 'Where the rows go: a folder.' }),
    })
    .meta({ description: 'One SELECT; the engine writes its rows to output.' }),
  connection: 'engine',
  texts: { query: 'select', 'inputs.*': 'fileSet' },
  build: ({ engine: own, inputs = {}, query: text, output }, build) => ({
    engine: build.connection('engine', own),
    inputs,
    query: build.text(text),
    output,
  }),
  check: checkOutput,
});
