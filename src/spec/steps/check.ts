import { z } from 'zod';
import type { Expectation } from '../../domain/definition.ts';
import { filled } from '../fields.ts';
import type { Problem } from '../problem.ts';
import { isRawMap, type RawMap } from '../raw-map.ts';
import { parameters, query, warehouse } from './fields.ts';
import { kindSpec, type Build, type KindCheck } from './kind.ts';

const severity = () =>
  z.enum(['fail', 'warn']).optional().meta({
    description:
      'What it means when it doesn’t hold: fail (the default) fails the step, warn says so in its result.',
  });

const expectation = {
  parameters: parameters(),
  expect: filled()
    .optional()
    .meta({ description: 'CEL that must be true, over `row`, the first row.', examples: ['row.n > 0'] }),
  noRows: z
    .literal(true)
    .optional()
    .meta({ description: 'The query finds the rows that are wrong: there must be none.' }),
};

const one = z.strictObject({
  name: filled().optional().meta({ description: 'What it is called when it doesn’t hold.' }),
  query: query(),
  severity: severity(),
  ...expectation,
});

export const check = kindSpec('check', {
  schema: z
    .strictObject({
      warehouse: warehouse(),
      query: query().optional(),
      severity: severity(),
      ...expectation,
      expectations: z.array(one).min(1).optional().meta({ description: 'Or several of them.' }),
    })
    .meta({ description: 'Fails the run when the data is not as expected.' }),
  connection: 'warehouse',
  texts: {
    query: 'question',
    expect: 'expect',
    severity: 'plain',
    'expectations.*.query': 'question',
    'expectations.*.expect': 'expect',
    'expectations.*.name': 'plain',
    'expectations.*.severity': 'plain',
  },
  build: ({ warehouse: own, query: text, severity: all, expectations = [], ...single }, build) => ({
    warehouse: build.connection('warehouse', own),
    expectations: [
      ...(text === undefined ? [] : [built({ ...single, query: text, severity: all }, build)]),
      ...expectations.map((each) => built({ ...each, severity: each.severity ?? all }, build)),
    ],
  }),
  check: checkExpectations,
});

function built(
  { name, query: text, parameters: values, expect, severity: own }: z.output<typeof one>,
  build: Build,
) {
  return {
    ...(name !== undefined && { name }),
    query: build.text(text),
    ...(values && { parameters: values }),
    ...(expect !== undefined && { expect }),
    severity: own ?? 'fail',
  } satisfies Expectation;
}

function checkExpectations({ source, step: { path, fields } }: KindCheck): Problem[] {
  const args = fields['check'];
  if (!isRawMap(args)) return [];
  const at = [...path, 'check'];
  const list: unknown = args['expectations'];
  const faults: Problem[] = [];
  const each = (where: (string | number)[], fields: RawMap) => {
    const both = fields['expect'] !== undefined && fields['noRows'] !== undefined;
    const none = fields['expect'] === undefined && fields['noRows'] === undefined;
    if (both) {
      const message = 'expect looks at a row, and noRows wants none';
      const fix = 'leave one of them out';
      faults.push({ ...source.placeOfKey([...where, 'noRows']), code: 'conflicting-fields', message, fix });
    }
    if (none) {
      const message = 'nothing is expected of the answer';
      const fix = 'add expect, like expect: row.n > 0, or noRows: true';
      faults.push({ ...source.place(where), code: 'missing-field', message, fix });
    }
  };
  if (args['query'] !== undefined) each(at, args);
  if (Array.isArray(list))
    for (const [index, item] of list.entries())
      if (isRawMap(item)) each([...at, 'expectations', index], item);
  if (args['query'] === undefined && list === undefined) {
    const fix = 'add query and expect, or expectations';
    faults.push({ ...source.place(at), code: 'missing-field', message: 'check needs a query', fix });
  }
  return faults;
}
