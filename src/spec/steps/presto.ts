import { z } from 'zod';
import type { PrestoSpec } from '../../ports.ts';
import { command, commandKind, exactlyOne } from './command.ts';
import { outputOfRows, query, script } from './fields.ts';

export const prestoCommand = command({
  kind: 'presto',
  schema: z
    .strictObject({
      query: query().optional(),
      script: script().optional(),
      output: outputOfRows().optional(),
    })
    .meta({ description: 'Presto statements: a query, or a script at a URL.' }),
  texts: { query: 'sql' },
  job: ({ query: text, script: at, output }, build): PrestoSpec => ({
    kind: 'presto',
    ...(text === undefined ? { script: at ?? '' } : { query: build.text(text) }),
    ...(output && { output }),
  }),
  check: (source, args, path) => exactlyOne(source, args, path, ['query', 'script']),
});

export const presto = commandKind(prestoCommand);
