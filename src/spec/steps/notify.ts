import { z } from 'zod';
import { connectionName, filled } from '../fields.ts';
import type { Problem } from '../problem.ts';
import { isRawMap } from '../raw-map.ts';
import { kindSpec, type KindCheck } from './kind.ts';

export const notify = kindSpec('notify', {
  schema: z
    .strictObject({
      webhook: connectionName()
        .optional()
        .meta({ description: 'A webhook of millrace.yaml.', examples: ['oncall'] }),
      topic: connectionName()
        .optional()
        .meta({ description: 'Or an SNS topic of millrace.yaml.', examples: ['alerts'] }),
      subject: filled().optional().meta({ description: 'Of a message to a topic; ${…} is CEL.' }),
      message: filled().meta({ description: 'The text; ${…} is CEL.' }),
    })
    .meta({ description: 'Tells somebody.' }),
  connection: ['webhook', 'topic'],
  texts: {},
  build: ({ webhook, topic, subject, message }) => ({
    ...(webhook !== undefined && { webhook }),
    ...(topic !== undefined && { topic }),
    ...(subject !== undefined && { subject }),
    message,
  }),
  check: checkSubject,
});

function checkSubject({ source, step: { path, fields } }: KindCheck): Problem[] {
  const args = fields['notify'];
  if (!isRawMap(args) || args['subject'] === undefined || args['webhook'] === undefined) return [];
  const place = source.placeOfKey([...path, 'notify', 'subject']);
  const message = 'a message to a webhook has no subject';
  return [{ ...place, code: 'conflicting-fields', message, fix: 'put it into the message' }];
}
