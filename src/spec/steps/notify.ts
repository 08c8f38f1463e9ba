import { z } from 'zod';
import { connectionName, filled } from '../fields.ts';
import { kindSpec } from './kind.ts';

export const notify = kindSpec('notify', {
  schema: z
    .strictObject({
      webhook: connectionName().meta({ description: 'A webhook of millrace.yaml.', examples: ['oncall'] }),
      message: filled().meta({ description: 'The text; ${…} is CEL.' }),
    })
    .meta({ description: 'Tells somebody.' }),
  connection: 'webhook',
  texts: {},
  build: ({ webhook, message }) => ({ webhook, message }),
});
