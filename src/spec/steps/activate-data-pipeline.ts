import { z } from 'zod';
import { filled } from '../fields.ts';
import type { Problem } from '../problem.ts';
import { isRawMap } from '../raw-map.ts';
import { kindSpec, type KindCheck } from './kind.ts';

export const activateDataPipeline = kindSpec('activateDataPipeline', {
  schema: z
    .strictObject({
      name: filled().optional().meta({ description: 'The name of the Data Pipeline.' }),
      id: filled()
        .optional()
        .meta({ description: 'Or its ID.', examples: ['df-0123456789'] }),
      params: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
        .optional()
        .meta({ description: 'Values for the parameters of the pipeline.' }),
    })
    .meta({ description: 'Activates an AWS Data Pipeline and waits for its instances.' }),
  texts: {},
  build: ({ name, id, params = {} }) => ({
    ...(name !== undefined && { name }),
    ...(id !== undefined && { id }),
    params: Object.fromEntries(Object.entries(params).map(([key, value]) => [key, String(value)])),
  }),
  check: checkIdentity,
});

function checkIdentity({ source, step: { path, fields } }: KindCheck): Problem[] {
  const activation = fields['activateDataPipeline'];
  if (!isRawMap(activation)) return [];
  const at = [...path, 'activateDataPipeline'];
  const count = ['name', 'id'].filter((name) => activation[name] !== undefined).length;
  if (count === 1) return [];
  if (count === 0) {
    const message = 'it is not said which Data Pipeline is meant';
    return [{ ...source.place(at), code: 'missing-field', message, fix: 'add its name, or its id' }];
  }
  const message = 'a Data Pipeline is named by name or by id, not by both';
  const fix = 'leave one of them out';
  return [{ ...source.placeOfKey([...at, 'id']), code: 'conflicting-fields', message, fix }];
}
