import { expect, test } from '@jest/globals';
import { loadText, words } from './load-text.ts';

const file = (params: string) =>
  `name: p\nparams:\n${params}steps: [{ id: a, notify: { webhook: w, message: "\${params.a}" } }]\n`;

test('params are declared by a default or by a type', async () => {
  const { definition, problems } = await loadText(
    file(
      [
        '  a: { type: date, required: true, description: The first day. }',
        '  b: { type: integer, default: "12" }',
        '  c: { type: list }',
        '  d: { min: 1, max: 2 }',
        '  e: { type: map, default: { type: x } }',
        '  f: [1]',
        '  g: "12"',
        '  h: null',
        '  i: {}',
        '',
      ].join('\n'),
    ),
  );
  expect(problems).toEqual([]);
  expect(definition?.params).toEqual({
    a: { type: 'date', default: null, required: true },
    b: { type: 'integer', default: 12, required: false },
    c: { type: 'list', default: null, required: false },
    d: { type: 'map', default: { min: 1, max: 2 }, required: false },
    e: { type: 'map', default: { type: 'x' }, required: false },
    f: { type: 'list', default: [1], required: false },
    g: { type: 'string', default: '12', required: false },
    h: { type: 'any', default: null, required: false },
    i: { type: 'map', default: {}, required: false },
  });
});

test.each([
  [
    '  a: { type: int }\n',
    'wrong-type 3:14: a can\'t be of the type "int"; write one of string, integer, number, boolean, date, list, map, any',
  ],
  [
    '  a: { required: true }\n',
    'missing-field 3:6: a has no type; add type: one of string, integer, number, boolean, date, list, map, any',
  ],
  [
    '  a: { type: date, default: yesterday }\n',
    'wrong-type 3:29: a is "yesterday", and it takes a date; write it like 2001-01-05',
  ],
  [
    '  a: { type: date, defualt: 2001-01-05 }\n',
    'unknown-field 3:20: there is no field defualt here; did you mean default?; a default that is such a map is written { type: map, default: … }',
  ],
  [
    '  a: { type: number, default: 1, required: true }\n',
    'conflicting-fields 3:22: a is required, so its default is never used; leave one of them out',
  ],
  [
    '  a: { type: number, required: always }\n',
    'wrong-type 3:32: required is true or false; write required: true',
  ],
])('%s is refused', async (params, problem) => {
  expect(words(await loadText(file(params)))).toEqual([problem]);
});

const notify = (args: string) => `name: p\nsteps:\n  - id: a\n    notify: { ${args}, message: hi }\n`;
const connections = { engines: [], warehouses: [], webhooks: ['oncall'], topics: ['alerts'] };

test('notify names a webhook or a topic, of those that there are', async () => {
  expect(words(await loadText(notify('topic: alerts, subject: s'), connections))).toEqual([]);
  expect(words(await loadText(notify('topic: alertz'), connections))).toEqual([
    'unknown-connection 4:22: the configuration has no topic alertz; did you mean alerts?',
  ]);
  expect(words(await loadText(notify('topic: alerts, webhook: oncall')))).toEqual([
    'conflicting-fields 4:15: notify uses one of webhook and topic; make a step of each',
  ]);
  expect(words(await loadText(notify('webhook: oncall, subject: s')))).toEqual([
    'conflicting-fields 4:32: a message to a webhook has no subject; put it into the message',
  ]);
  expect(words(await loadText('name: p\nsteps:\n  - id: a\n    notify: { message: hi }\n'))).toEqual([
    "missing-connection 4:5: notify doesn't say which webhook or topic it uses; add webhook: NAME or topic: NAME here",
  ]);
});
