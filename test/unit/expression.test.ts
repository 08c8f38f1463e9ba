import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/domain/definition.ts';
import { evaluateCondition, ExpressionError, parseExpression } from '../../src/domain/expression.ts';
import { scope } from './scope.ts';

const value = (text: string): Json => parseExpression(text).evaluate(scope);

const errorOf = (run: () => unknown): ExpressionError => {
  try {
    run();
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error('no error');
};

describe('what does not exist yet is null', () => {
  test.each<[string, Json]>([
    ['steps.mean.row', null],
    ['steps.mean.row.mean', null],
    ['steps.mean.row.mean.deeper.still', null],
    ['steps.mean["row"]["mean"]', null],
    ['steps.mean.files[0]', null],
    ['steps.routes.files[7]', null],
    ['params.nothing', null],
    ['steps.mean.row.mean > 10', false],
    ['steps.mean.row.mean < 10', false],
    ['10 >= steps.mean.row.mean', false],
    ['10 <= steps.mean.row.mean', false],
    ['null < null', false],
    ['"a" < null', false],
    ['!(steps.mean.row.mean > 10)', true],
    ['steps.mean.row == null', true],
    ['steps.mean.row != null', false],
    ['steps.routes.rows != null', true],
    ['null == 0', false],
    ['null == ""', false],
    ['has(steps.mean.row)', false],
    ['has(steps.mean.row.mean)', false],
    ['has(steps.routes.rows)', true],
    ['coalesce(steps.mean.row.mean, 0) + 1', 1],
    ['coalesce(null, null, 3)', 3],
    ['coalesce(null, null)', null],
    ['"a" in steps.mean.files', false],
    ['steps.mean.state', 'skipped'],
    ['steps.mean.state == "skipped"', true],
  ])('%s', (text, expected) => expect(value(text)).toStrictEqual(expected));

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('%s is no field of a map', (name) => {
    expect(value(`params["${name}"]`)).toBeNull();
    expect(value(`"${name}" in params`)).toBe(false);
  });

  test.each(['constructor', 'toString', 'valueOf'])('%s is no variable, function or method', (name) => {
    expect(() => value(`${name} == null`)).toThrow(ExpressionError);
    expect(() => parseExpression(`${name}(1)`)).toThrow(`there is no function ${name}`);
    expect(() => parseExpression(`params.${name}()`)).toThrow(`there is no method ${name}`);
  });

  test.each([
    [
      'steps.mean.rows + 1',
      'steps.mean.rows is null; say what to take instead, like coalesce(steps.mean.rows, 0)',
    ],
    ['!steps.mean.ok', 'steps.mean.ok must be true or false, and it is null'],
    ['steps.mean.ok ? 1 : 2', 'steps.mean.ok must be true or false, and it is null'],
    ['steps.mean.name.startsWith("a")', 'startsWith() takes text here, and steps.mean.name is null'],
    ['size(steps.mean.files)', 'size() takes text, a list or a map, not null'],
  ])('%s is an error', (text, message) => expect(() => value(text)).toThrow(message));
});

describe('operators, macros and methods are those of CEL', () => {
  test.each<[string, Json]>([
    ['true && false || true', true],
    ['steps.routes.rows > 0 && steps.routes.state == "done"', true],
    ['interval.weekday == 7', false],
    ['interval.weekday in [5, 6]', true],
    ['"alertAbove" in params', true],
    ['[1] in [[1], [2]]', true],
    ['[1, {"a": [null]}] == [1, {"a": [null]}]', true],
    ['{"a": 1} == {"b": 1}', false],
    ['1 == "1"', false],
    ['"a" + "b" == "ab"', true],
    ['"a" < "b"', true],
    ['[1] + ["a"]', [1, 'a']],
    ['true ? 1 : "other"', 1],
    ['params.alertAbove > 5 ? "high" : "low"', 'high'],
    ['steps.routes.files[0]', 's3://lake/a'],
    ['steps.routes.files[params.alertAbove - 9]', 's3://lake/b'],
    ['steps.routes.output["path"]', 's3://lake/'],
    ['steps.routes.files.exists(f, f.endsWith("b"))', true],
    ['steps.routes.files.all(f, f.startsWith("s3://"))', true],
    ['steps.routes.files.exists_one(f, f.contains("lake"))', false],
    ['steps.routes.files.filter(f, f != "s3://lake/a")', ['s3://lake/b']],
    ['steps.routes.files.map(f, f.endsWith("a"), size(f))', [11]],
    ['[[1, 2], [3]].map(l, l.map(n, n + 1))', [[2, 3], [4]]],
    ['params.all(key, key != "")', true],
    ['"a,b".split(",")', ['a', 'b']],
    ['["a", "b"].join("-")', 'a-b'],
    ['"Straße".upperAscii()', 'STRAßE'],
    ['"ABC".lowerAscii()', 'abc'],
    ['" a ".trim()', 'a'],
    ['"abc".substring(1)', 'bc'],
    ['"abc".substring(0, 2)', 'ab'],
    ['"abcb".indexOf("b", 2)', 3],
    ['"abcb".lastIndexOf("b")', 3],
    ['"a.b.c".replace(".", "$&")', 'a$&b$&c'],
    ['"flights-3".matches("^[a-z]+-[0-9]$")', true],
    ['size("añ😀")', 3],
    ["'single' + r'\\n'", 'single\\n'],
    ['"tab\\t"', 'tab\t'],
    ['bool("true")', true],
    // A side that decides makes an error on the other irrelevant.
    ['1 / 0 > 1 || true', true],
    ['false && 1 / 0 > 1', false],
    ['1 / 0 > 1 && false', false],
  ])('%s', (text, expected) => expect(value(text)).toStrictEqual(expected));

  test.each([
    '"a" + 1',
    '1 + "a"',
    '"a" < 1',
    'true + true',
    '[1] < [2]',
    '1 && true',
    '1 / 0 > 1 || false',
    '"a" in "abc"',
    'params.alertAbove.x',
    'interval.date.x',
    'steps.routes.files[0.5]',
    'steps.routes.files.name',
    '{1: 2}',
    'b"bytes"',
    'int("4x")',
    'double("")',
    '[1].join(",")',
    '"abc".substring(2, 1)',
    '"a".matches("(")',
    'unknown.field',
    'failure.step',
  ])('%s is an error', (text) => expect(() => value(text)).toThrow(ExpressionError));
});

describe('dates are ISO texts', () => {
  test.each<[string, Json]>([
    ['addDays(interval.date, 1)', '2001-01-06'],
    ['addDays(interval.date, -5)', '2000-12-31'],
    ['addDays("2000-02-28", 1)', '2000-02-29'],
    ['addDays(interval.start, 1)', '2001-01-06T00:00:00-05:00'],
    ['addDays("2001-01-05T10:00:00Z", 30)', '2001-02-04T10:00:00Z'],
    ['format(interval.date, "yyyyMMdd")', '20010105'],
    ['format(interval.start, "yyyy/MM/dd HH ZZ")', '2001/01/05 00 -05:00'],
    ['format("2001-01-05T23:30:00-05:00", "yyyyMMdd")', '20010105'],
    ['format(addDays(interval.date, 1), "dd.MM.yyyy")', '06.01.2001'],
    ['format(interval.date, "EEE MMM")', 'Fri Jan'],
    ['interval.date < "2001-02-01"', true],
  ])('%s', (text, expected) => expect(value(text)).toBe(expected));

  test.each([
    'addDays("soon", 1)',
    'addDays(interval.date, 0.5)',
    'addDays(interval.date, "1")',
    'format(3, "yyyy")',
  ])('%s is an error', (text) => expect(() => value(text)).toThrow(ExpressionError));
});

describe('errors say where', () => {
  test.each([
    ['1 +', 3],
    ['steps.a ? 1', 11],
    ['a &&& b', 4],
    ['true || nope(1)', 8],
    ['"open', 0],
    ['size()', 0],
    ['params.x.nope()', 0],
    ['steps.routes.files.map(1, 2)', 23],
    ['has(params)', 0],
    ['1 + 9007199254740993', 4],
  ])('in %s at %i', (text, offset) => expect(errorOf(() => parseExpression(text)).offset).toBe(offset));

  test('when evaluated', () => {
    const { message, offset } = errorOf(() => value('true && (1 + params.nothing) > 1'));
    expect(message).toContain('params.nothing is null');
    expect(offset).toBe(9);
  });

  test('an unknown function is answered with those that there are', () => {
    expect(() => parseExpression('now()')).toThrow(
      'there is no function now; there are addDays, format, coalesce',
    );
  });
});

describe('references', () => {
  test('are names with the fields that are fixed', () => {
    const text = 'steps.a.rows + steps["b"].row[params.key].x + size([interval.date]) > 0 && !has(run.id)';
    expect(parseExpression(text).references).toEqual([
      { root: 'steps', path: ['a', 'rows'], offset: 0 },
      { root: 'steps', path: ['b', 'row'], offset: text.indexOf('steps["b"]') },
      { root: 'params', path: ['key'], offset: text.indexOf('params') },
      { root: 'interval', path: ['date'], offset: text.indexOf('interval') },
      { root: 'run', path: ['id'], offset: text.indexOf('run.id') },
    ]);
  });

  test('leave out the variables of macros', () => {
    const roots = parseExpression('steps.a.files.exists(f, f.x == params.y && steps.b.z == f)').references;
    expect(roots.map(({ root, path }) => [root, ...path].join('.'))).toEqual([
      'steps.a.files',
      'params.y',
      'steps.b.z',
    ]);
  });

  test('a dash makes a subtraction', () => {
    expect(parseExpression('steps.load-routes.rows').references.map(({ root }) => root)).toEqual([
      'steps',
      'routes',
    ]);
  });
});

describe('a condition', () => {
  test('is true or false', () => {
    expect(evaluateCondition('steps.routes.rows > 0', scope)).toBe(true);
    expect(evaluateCondition('steps.mean.row.mean > params.alertAbove', scope)).toBe(false);
  });

  test.each(['steps.routes.rows', 'null', '"true"', 'steps.mean.row'])('%s is none', (text) =>
    expect(() => evaluateCondition(text, scope)).toThrow(`${text} must be true or false, and it is`),
  );
});
