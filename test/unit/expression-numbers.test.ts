import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/domain/definition.ts';
import { ExpressionError, parseExpression } from '../../src/domain/expression.ts';
import { scope } from './scope.ts';

const value = (text: string): Json => parseExpression(text).evaluate(scope);

const isJson = (found: unknown): boolean =>
  JSON.stringify(JSON.parse(JSON.stringify(found))) === JSON.stringify(found);

describe('numbers behave as in JSON', () => {
  test.each<[string, Json]>([
    ['steps.routes.rows + 1', 3171],
    ['1 + steps.routes.rows', 3171],
    ['steps.routes.rows / 2', 1585],
    ['steps.routes.rows % 2', 0],
    ['steps.routes.rows * 2 - 1', 6339],
    ['7 / 2', 3.5],
    ['7.0 / 2.0', 3.5],
    ['12.0 / 2.0', 6],
    ['-7 % 3', -1],
    ['7 % 2.5', 2],
    ['1 == 1.0', true],
    ['2 + 3 * 4 - 1', 13],
    ['(2 + 3) * 4', 20],
    ['-steps.routes.rows', -3170],
    ['-params.nothing', null],
    ['- 0', 0],
    ['0x10 + 1', 17],
    ['1u + 1', 2],
    ['1e3', 1000],
    ['0.1 + 0.2', 0.30000000000000004],
    ['size(steps.routes.files) + 1', 3],
    ['steps.routes.files.size() + 1', 3],
    ['[1, 2 + 3, {"a": 4}]', [1, 5, { a: 4 }]],
    ['{"n": 1, "list": [size("abc")]}', { n: 1, list: [3] }],
    ['[1, 2, 3].map(n, n * 2)', [2, 4, 6]],
    ['int("42") + int(2.9)', 44],
    ['double("1.5") + 1', 2.5],
    ['string(steps.routes.rows)', '3170'],
    ['string(1.5) + "x"', '1.5x'],
    ['9007199254740991', 9007199254740991],
  ])('%s', (text, expected) => {
    if (expected === null) return expect(() => value(text)).toThrow(ExpressionError);
    const found = value(text);
    expect(found).toStrictEqual(expected);
    expect(isJson(found)).toBe(true);
  });

  test.each(['1 / 0', '0 / 0', '1 % 0', '1e308 * 10', '-1 / 0', '9007199254740993', '1e999'])(
    '%s is an error',
    (text) => expect(() => value(text)).toThrow(ExpressionError),
  );

  test('arithmetic agrees with that of JavaScript', () => {
    const operators = ['+', '-', '*', '/', '%', '<', '<=', '>', '>=', '==', '!='] as const;
    const numbers = [0, 1, 2, 7, 10, 0.5, 1.25, 1000003];
    for (const left of numbers)
      for (const right of numbers)
        for (const operator of operators) {
          const expected = {
            '+': left + right,
            '-': left - right,
            '*': left * right,
            '/': left / right,
            '%': left % right,
            '<': left < right,
            '<=': left <= right,
            '>': left > right,
            '>=': left >= right,
            '==': left === right,
            '!=': left !== right,
          }[operator];
          const asLiterals = `${left} ${operator} ${right}`;
          const asVariables = parseExpression(`params.left ${operator} params.right`);
          const run = (): Json => asVariables.evaluate({ ...scope, params: { left, right } });
          if (Number.isFinite(Number(expected))) {
            expect([asLiterals, value(asLiterals), run()]).toEqual([asLiterals, expected, expected]);
          } else {
            expect(() => value(asLiterals)).toThrow(ExpressionError);
            expect(run).toThrow(ExpressionError);
          }
        }
  });
});
