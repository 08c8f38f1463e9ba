import { z } from 'zod';
import { buildNamed, checkIdentity, identity, instant, params } from './data-pipeline.ts';
import { kindSpec } from './kind.ts';

export const awaitDataPipeline = kindSpec('awaitDataPipeline', {
  schema: z
    .strictObject({
      ...identity(),
      params: params('Only an activation with these values of its parameters is meant.'),
      activatedAfter: instant(
        'Only an activation at this time or later is meant; unless said, since the run began.',
        '${run.startedAt}',
      ),
    })
    .meta({ description: 'Waits for an AWS Data Pipeline that somebody else activates.' }),
  texts: {},
  build: ({ activatedAfter, ...named }) => ({
    ...buildNamed(named),
    ...(activatedAfter !== undefined && { activatedAfter }),
  }),
  check: checkIdentity('awaitDataPipeline'),
});
