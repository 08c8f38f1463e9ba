import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/domain/definition.ts';
import { paramWords, resolveParams, type ParamDefinitions, type ParamType } from '../../src/domain/params.ts';

const optional = (type: ParamType, otherwise: Json = null) => ({ type, default: otherwise, required: false });

/** What a param of that type comes to, or what is wrong with the value. */
const read = (type: ParamType, value: Json): unknown => {
  const { params, problems } = resolveParams({ x: optional(type) }, { x: value });
  return problems.length > 0 ? paramWords(problems) : params['x'];
};

describe('a value is read as its type, a text as well as the real thing', () => {
  test.each<[ParamType, Json, Json]>([
    ['string', 'JFK', 'JFK'],
    ['string', '', ''],
    ['string', 12, '12'],
    ['string', true, 'true'],
    ['integer', 12, 12],
    ['integer', '-12', -12],
    ['number', 12.5, 12.5],
    ['number', '1e3', 1000],
    ['number', ' .5 ', 0.5],
    ['boolean', false, false],
    ['boolean', 'true', true],
    ['date', '2004-02-29', '2004-02-29'],
    ['list', ['a', 1], ['a', 1]],
    ['list', '["a", 1]', ['a', 1]],
    ['map', { a: null }, { a: null }],
    ['map', '{"a": [1]}', { a: [1] }],
    ['any', '12', '12'],
    ['any', [1], [1]],
  ])('%s %j', (type, value, expected) => {
    expect(read(type, value)).toEqual(expected);
  });
});

test.each<[ParamType, Json, string]>([
  ['string', ['a'], 'x is ["a"], and it takes a text; write it like JFK'],
  ['integer', 1.5, 'x is 1.5, and it takes a whole number; write it like 12'],
  ['integer', '12 ', ''],
  ['integer', '9007199254740993', 'x is "9007199254740993", and it takes a whole number; write it like 12'],
  ['number', 'ten', 'x is "ten", and it takes a number; write it like 12.5'],
  ['number', '', 'x is "", and it takes a number; write it like 12.5'],
  ['number', '0x10', 'x is "0x10", and it takes a number; write it like 12.5'],
  ['number', true, 'x is true, and it takes a number; write it like 12.5'],
  ['boolean', 'yes', 'x is "yes", and it takes true or false; write it like true'],
  ['boolean', 1, 'x is 1, and it takes true or false; write it like true'],
  ['date', '2001-02-29', 'x is "2001-02-29", and it takes a date; write it like 2001-01-05'],
  ['date', '2001-1-5', 'x is "2001-1-5", and it takes a date; write it like 2001-01-05'],
  ['list', 'a,b', 'x is "a,b", and it takes a list; write it like ["JFK", "LAX"]'],
  ['list', '{"a":1}', 'x is "{\\"a\\":1}", and it takes a list; write it like ["JFK", "LAX"]'],
  ['map', [1], 'x is [1], and it takes a map; write it like {"a": 1}'],
])('%s refuses %j', (type, value, expected) => {
  if (expected === '') expect(read(type, value)).toBe(12);
  else expect(read(type, value)).toBe(expected);
});

const DEFINITIONS: ParamDefinitions = {
  since: { type: 'date', default: null, required: true },
  alertAbove: optional('number', 10),
  note: optional('string'),
};

test('defaults fill in what is not given', () => {
  expect(resolveParams(DEFINITIONS, { since: '2001-01-05' })).toEqual({
    params: { since: '2001-01-05', alertAbove: 10, note: null },
    problems: [],
  });
});

test('all that is wrong is told at once', () => {
  const { problems } = resolveParams(DEFINITIONS, { alrtAbove: 1, alertAbove: 'high', toString: 1 });
  expect(paramWords(problems)).toBe(
    'there is no parameter alrtAbove; there are: since, alertAbove, note. ' +
      'there is no parameter toString; there are: since, alertAbove, note. ' +
      'since is missing, and it takes a date; give it, like since=2001-01-05. ' +
      'alertAbove is "high", and it takes a number; write it like 12.5',
  );
});

test('null stands only where there is nothing else to take', () => {
  expect(resolveParams({ note: optional('string') }, { note: null })).toEqual({
    params: { note: null },
    problems: [],
  });
  expect(resolveParams({ n: optional('number', 10) }, { n: null }).problems).toHaveLength(1);
  expect(resolveParams({ n: { ...optional('number'), required: true } }, { n: null }).problems).toHaveLength(
    1,
  );
});
