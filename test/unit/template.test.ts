import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/domain/definition.ts';
import { parseTemplate, renderDeep, renderValue, templateReferences } from '../../src/domain/template.ts';
import { scope } from './scope.ts';

describe('a template that is one expression keeps the type', () => {
  test.each<[string, Json]>([
    ['${steps.routes.rows}', 3170],
    ['${ steps.routes.rows + 1 }', 3171],
    ['${steps.routes.output}', { path: 's3://lake/', format: 'parquet' }],
    ['${steps.mean.row}', null],
    ['${interval.weekday == 5}', true],
    ['${ {"a": 1}.a }', 1],
    ['${{"a": {"b": 2}}.a.b}', 2],
    ['${"}"}', '}'],
    ['${\'}\' + "{"}', '}{'],
    ['${"\\"}"}', '"}'],
    ['${"""a"}"""}', 'a"}'],
    [String.raw`${'${r'}'\d}'}`, String.raw`\d}`],
    ['${1 // }\n + 1}', 2],
  ])('%s', (text, expected) => expect(renderValue(text, scope)).toStrictEqual(expected));
});

describe('a mixed template is a text', () => {
  test.each([
    ['', ''],
    ['plain } { $ $$ text', 'plain } { $ $$ text'],
    ['s3://raw/dt=${interval.date}/', 's3://raw/dt=2001-01-05/'],
    ['${steps.routes.rows} rows', '3170 rows'],
    ['${interval.weekday == 5}!', 'true!'],
    ['${params.name}${params.name}', 'JFKJFK'],
    ['$${interval.date}', '${interval.date}'],
    ['$$${interval.date}', '$${interval.date}'],
    ['a $${ b ${params.name}', 'a ${ b JFK'],
    ['price: $$5 or $5', 'price: $$5 or $5'],
  ])('%s', (text, expected) => expect(renderValue(text, scope)).toBe(expected));

  test.each([
    ['mean ${steps.mean.row.mean} min', 5, "${steps.mean.row.mean} is null and can't stand in a text"],
    ['on ${params.airports}', 3, "${params.airports} is a list and can't"],
    ['on ${steps.routes.output}', 3, "${steps.routes.output} is a map and can't"],
    ['on ${1 / 0}', 3, 'divided by zero'],
  ])('%s is an error', (text, before, message) => {
    expect(() => renderValue(text, scope)).toThrow(message);
    expect(() => renderValue(text, scope)).toThrow(expect.objectContaining({ offset: before + 2 }));
  });
});

describe('a template that cannot be read', () => {
  test.each([
    ['ab ${x', 3],
    ['ab ${"x}', 5],
    ['ab ${}', 5],
    ['ab ${  }', 5],
    ['ab ${x +}', 8],
    ['${params.a} ${nope(1)}', 14],
  ])('%s has its error at %i', (text, offset) =>
    expect(() => parseTemplate(text)).toThrow(expect.objectContaining({ offset })),
  );
});

test('parts know where they are', () => {
  expect(parseTemplate('a$${b${ params.name }c')).toEqual([
    { text: 'a${b', offset: 0 },
    { expression: expect.anything(), source: ' params.name ', offset: 7 },
    { text: 'c', offset: 21 },
  ]);
});

test('all texts of a structure are rendered, and its keys are not', () => {
  const value = {
    '${a}': ['${steps.routes.rows}', 'on ${interval.date}', 1, null],
    plain: { deep: '${params.name}' },
  };
  expect(renderDeep(value, scope)).toStrictEqual({
    '${a}': [3170, 'on 2001-01-05', 1, null],
    plain: { deep: 'JFK' },
  });
});

test('references of a structure', () => {
  const value = ['a ${steps.x.rows} ${params.y}', { z: '${ run.id }' }, 3, '$${no.reference}'];
  expect(templateReferences(value)).toEqual([
    { root: 'steps', path: ['x', 'rows'], offset: 4 },
    { root: 'params', path: ['y'], offset: 20 },
    { root: 'run', path: ['id'], offset: 3 },
  ]);
});
