import { z } from 'zod';
import type { ShellSpec } from '../../ports.ts';
import { matching } from '../fields.ts';
import { command, commandKind } from './command.ts';
import { text } from './fields.ts';

const name = () =>
  matching('bad-name', /^[A-Za-z_]\w*$/, 'a variable has letters, digits and _, no digit first');

export const shellCommand = command({
  kind: 'shell',
  schema: z
    .strictObject({
      script: text().meta({
        description: 'For /bin/sh, or { file: … }. It is taken as it stands: values come by env.',
        examples: ['aws s3 sync "$FROM" s3://lake/x/'],
      }),
      env: z
        .record(name(), z.union([z.string(), z.number(), z.boolean()]))
        .optional()
        .meta({ description: 'Variables; ${…} is CEL.', examples: ['{ DAY: "${interval.date}" }'] }),
    })
    .meta({ description: 'A shell script on the engine.' }),
  texts: { script: 'plain' },
  job: ({ script, env = {} }, build): ShellSpec => ({
    kind: 'shell',
    script: build.text(script),
    env: Object.fromEntries(Object.entries(env).map(([variable, value]) => [variable, String(value)])),
  }),
  check: () => [],
});

export const shell = commandKind(shellCommand);
