import { z } from 'zod';
import type { HiveSpec } from '../../ports.ts';
import { filled } from '../fields.ts';
import { command, commandKind, exactlyOne } from './command.ts';
import { outputOfRows, query, script } from './fields.ts';

export const hiveCommand = command({
  kind: 'hive',
  schema: z
    .strictObject({
      query: query().optional(),
      script: script().optional(),
      hiveVersion: filled()
        .optional()
        .meta({ description: 'Where the engine has several.', examples: ['3.1'] }),
      output: outputOfRows().optional(),
    })
    .meta({ description: 'Hive statements: a query, or a script at a URL.' }),
  texts: { query: 'sql' },
  job: ({ query: text, script: at, hiveVersion, output }, build): HiveSpec => ({
    kind: 'hive',
    ...(text === undefined ? { script: at ?? '' } : { query: build.text(text) }),
    ...(hiveVersion !== undefined && { hiveVersion }),
    ...(output && { output }),
  }),
  check: (source, args, path) => exactlyOne(source, args, path, ['query', 'script']),
});

export const hive = commandKind(hiveCommand);
