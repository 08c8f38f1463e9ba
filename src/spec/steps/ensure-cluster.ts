import { z } from 'zod';
import { engine } from './fields.ts';
import { kindSpec } from './kind.ts';

export const ensureCluster = kindSpec('ensureCluster', {
  schema: z
    .strictObject({
      engine: engine(),
      release: z.enum(['keep', 'whenIdle', 'always']).optional().meta({
        description: 'When to end the cluster: never (keep, the default), when it idles, or always.',
      }),
    })
    .meta({ description: 'Makes sure that the cluster is up.', examples: ['{}'] }),
  connection: 'engine',
  texts: { release: 'plain' },
  build: ({ engine: own, release = 'keep' }, build) => ({ engine: build.connection('engine', own), release }),
});
