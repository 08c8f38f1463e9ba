import { FUNCTIONS } from './functions.ts';
import { parse, type Expression, type Operator } from './parse.ts';
import { parsePeriod } from './period.ts';
import { partsOf } from './scan.ts';
import { isTime, shown, toNumber, toTime, type Value } from './value.ts';

/** What a name, or a name of a referred object's field, stands for; undefined where it stands for nothing. */
export type LookUp = (names: readonly string[]) => Value | undefined;

/** The texts that a text with expressions comes to: one, but for each value of a list where it has one. */
export const evaluateTexts = (text: string, lookUp: LookUp): string[] =>
  partsOf(text)
    .map((part) => ('text' in part ? [part.text] : valuesOf(part.source, lookUp)))
    .reduce((heads, tails) => heads.flatMap((head) => tails.map((tail) => head + tail)), ['']);

/** The paths that a text asks for. Throws where an expression is wrong. */
export const pathsIn = (text: string): string[][] =>
  partsOf(text).flatMap((part) => ('text' in part ? [] : pathsOf(parse(part.source))));

function valuesOf(source: string, lookUp: LookUp): string[] {
  const value = evaluate(parse(source), lookUp);
  return Array.isArray(value) ? value.flat().map(shown) : [shown(value)];
}

function evaluate(expression: Expression, lookUp: LookUp): Value {
  switch (expression.kind) {
    case 'text':
      return expression.text;
    case 'whole':
    case 'decimal':
      return expression.value;
    case 'path': {
      const value = lookUp(expression.names);
      if (value === undefined) throw new Error(`nothing is called ${expression.names.join('.')} here`);
      return value;
    }
    case 'call': {
      const { apply } = functionOf(expression);
      return overLists(
        expression.args.map((arg) => evaluate(arg, lookUp)),
        apply,
      );
    }
    case 'operation': {
      const { operator, left, right } = expression;
      return overLists([evaluate(left, lookUp), evaluate(right, lookUp)], (one, other) =>
        operate(operator, one, other),
      );
    }
  }
}

/** With a list among them, an operation is done for each of its values. */
function overLists(values: Value[], apply: (...values: Value[]) => Value): Value {
  const at = values.findIndex((value) => Array.isArray(value));
  if (at < 0) return apply(...values);
  return (values[at] as Value[]).map((value) => overLists(values.with(at, value), apply));
}

function functionOf({ name, args }: Expression & { kind: 'call' }) {
  const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (found === undefined) {
    throw new Error(`there is no function ${name}; there are: ${Object.keys(FUNCTIONS).sort().join(', ')}`);
  }
  if (found.takes.length !== args.length) {
    throw new Error(`${name} takes (${found.takes.join(', ')}), and was given ${args.length}`);
  }
  return found;
}

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-pipeline-reference-functions-math.html */
function operate(operator: Operator, left: Value, right: Value): Value {
  if (operator === '+' || operator === '-') {
    const period = typeof right === 'string' && isTime(left) ? parsePeriod(right) : undefined;
    if (period !== undefined)
      return operator === '+' ? toTime(left).plus(period) : toTime(left).minus(period);
  }
  const texts = [left, right].filter((value) => typeof value === 'string' || isTime(value)).length;
  if (operator === '+' && texts > 0 && !(texts === 1 && isNumeric(left) && isNumeric(right)))
    return shown(left) + shown(right);
  const [one, other] = [toNumber(left), toNumber(right)];
  if (operator === '^') return Number(one) ** Number(other);
  if (typeof one === 'bigint' && typeof other === 'bigint') {
    if (operator === '/' && other === 0n) throw new Error('division by zero');
    return { '+': one + other, '-': one - other, '*': one * other, '/': other && one / other }[operator];
  }
  const [x, y] = [Number(one), Number(other)];
  return { '+': x + y, '-': x - y, '*': x * y, '/': x / y }[operator];
}

function isNumeric(value: Value): boolean {
  try {
    toNumber(value);
    return true;
  } catch {
    return false;
  }
}

function pathsOf(expression: Expression): string[][] {
  switch (expression.kind) {
    case 'path':
      return [expression.names];
    case 'call':
      functionOf(expression);
      return expression.args.flatMap(pathsOf);
    case 'operation':
      return [...pathsOf(expression.left), ...pathsOf(expression.right)];
    default:
      return [];
  }
}
