import { z } from 'zod';
import { invalidRequest, type Field, type PipelineObject } from './protocol.ts';

export const querySchema = z.object({
  selectors: z
    .array(
      z.object({
        fieldName: z.string(),
        operator: z.object({
          type: z.enum(['EQ', 'REF_EQ', 'LE', 'GE', 'BETWEEN']),
          values: z.array(z.string()).min(1),
        }),
      }),
    )
    .max(10)
    .optional(),
});

type Query = z.infer<typeof querySchema>;
type Selector = NonNullable<Query['selectors']>[number];

/**
 * Whether an object fits all selectors. Times compare as text, which their format allows.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/APIReference/API_Operator.html
 */
export const matches = (object: PipelineObject, { selectors = [] }: Query): boolean =>
  selectors.every((selector) => fits(object, selector));

function fits(
  { name, fields }: PipelineObject,
  { fieldName, operator: { type, values } }: Selector,
): boolean {
  const all: Field[] = [...fields, { key: 'name', stringValue: name }];
  const field = all.find(({ key }) => key === fieldName);
  // The command line sends references with EQ as well.
  const value = type === 'REF_EQ' ? field?.refValue : (field?.stringValue ?? field?.refValue);
  const [first = '', second = ''] = values;
  if (value === undefined) return false;
  switch (type) {
    case 'EQ':
    case 'REF_EQ':
      return values.includes(value);
    case 'LE':
      return value <= first;
    case 'GE':
      return value >= first;
    case 'BETWEEN':
      return first <= value && value <= second;
  }
}

/** One page of a list that only grows at its end; the marker says where the next one begins. */
export function page<T>(all: readonly T[], marker: string | undefined, size: number) {
  const from =
    marker === undefined || marker === '' ? 0 : Number(Buffer.from(marker, 'base64url').toString());
  if (!Number.isInteger(from) || from < 0) throw invalidRequest(`Invalid marker: ${marker}`);
  const hasMoreResults = all.length > from + size;
  return {
    items: all.slice(from, from + size),
    hasMoreResults,
    ...(hasMoreResults ? { marker: Buffer.from(String(from + size)).toString('base64url') } : {}),
  };
}
