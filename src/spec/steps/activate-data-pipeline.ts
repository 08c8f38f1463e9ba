import { z } from 'zod';
import { buildNamed, checkIdentity, identity, instant, params } from './data-pipeline.ts';
import { kindSpec } from './kind.ts';

export const activateDataPipeline = kindSpec('activateDataPipeline', {
  schema: z
    .strictObject({
      ...identity(),
      params: params('Values for the parameters of the pipeline.'),
      startTime: instant(
        'Where a pipeline with a schedule begins; it means nothing to one on demand.',
        '${interval.start}',
      ),
      onCancel: z.enum(['leave', 'deactivate']).optional().meta({
        description:
          'What becomes of the instances on cancel or timeout: they go on (leave), or are stopped.',
      }),
    })
    .meta({ description: 'Activates an AWS Data Pipeline and waits for its instances.' }),
  texts: {},
  build: ({ startTime, onCancel, ...named }) => ({
    ...buildNamed(named),
    ...(startTime !== undefined && { startTime }),
    ...(onCancel !== undefined && { onCancel }),
  }),
  check: checkIdentity('activateDataPipeline'),
});
