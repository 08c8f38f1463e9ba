import type { ASTNode } from '@marcbachmann/cel-js';
import type { Json } from './definition.ts';
import { ExpressionError } from './expression-error.ts';
import { callFunction, FUNCTIONS, METHODS } from './expression-functions.ts';
import { isEqual, isMap, select, typeName } from './expression-value.ts';

/*
 * Gives CEL's syntax tree a value under JSON's rules: one kind of number, and null for what doesn't exist yet.
 * The library's own evaluator tells int from double and throws at missing keys, in its type checker too, so that
 * only its parser serves here.
 */

/** The names that an expression sees. */
export type Variables = Readonly<Record<string, unknown>>;

export const MACROS = ['all', 'exists', 'exists_one', 'map', 'filter'] as const;

type Macro = (typeof MACROS)[number];
type NodeOf<Op extends ASTNode['op']> = Extract<ASTNode, { op: Op }>;

export const sourceOf = (node: ASTNode): string => node.input.slice(node.start, node.end).trim();

const fail = (message: string, node: ASTNode): never => {
  throw new ExpressionError(message, node.start);
};

/** Makes errors of functions point at the call. */
function placed<T>(node: ASTNode, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof ExpressionError) throw error;
    return fail(error instanceof Error ? error.message : String(error), node);
  }
}

/** A number that JSON can hold; adding zero turns -0 into 0. */
const finite = (value: number, node: ASTNode): number =>
  Number.isFinite(value)
    ? value + 0
    : fail(`${sourceOf(node)} has no finite value; is something divided by zero?`, node);

/** The plain value of a literal: the library reads whole numbers as BigInt or as its own unsigned type. */
export function literal(node: NodeOf<'value'>): Json {
  const value = node.args;
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number')
    return value;
  if (value instanceof Uint8Array)
    return fail('bytes have no use here; write a text without the b before it', node);
  const number = Number(typeof value === 'bigint' ? value : value.value);
  return Number.isSafeInteger(number)
    ? number
    : fail(`${sourceOf(node)} is too large for an exact number`, node);
}

const ARITHMETIC: Record<string, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

function arithmetic(op: string, left: Json, right: Json, node: NodeOf<'+'>): Json {
  if (typeof left === 'number' && typeof right === 'number')
    return finite(ARITHMETIC[op]?.(left, right) ?? NaN, node);
  if (op === '+' && typeof left === 'string' && typeof right === 'string') return left + right;
  if (op === '+' && Array.isArray(left) && Array.isArray(right)) return [...left, ...right];

  const [leftNode, rightNode] = node.args;
  if (left === null || right === null) {
    const missing = sourceOf(left === null ? leftNode : rightNode);
    return fail(`${missing} is null; say what to take instead, like coalesce(${missing}, 0)`, node);
  }
  const mend =
    typeof left === 'string' || typeof right === 'string' ? '; string(x) makes text of a number' : '';
  return fail(
    `${op} can't be used on ${sourceOf(leftNode)}, ${typeName(left)}, and ${sourceOf(rightNode)}, ${typeName(right)}${mend}`,
    node,
  );
}

function isOrdered(op: string, left: Json, right: Json, node: NodeOf<'<'>): boolean {
  if (left === null || right === null) return false;
  if (typeof left !== typeof right || !['number', 'string', 'boolean'].includes(typeof left))
    return fail(`${typeName(left)} and ${typeName(right)} can't be compared by ${op}`, node);
  if (op === '<') return left < right;
  if (op === '<=') return left <= right;
  return op === '>' ? left > right : left >= right;
}

function isMember(item: Json, container: Json, node: NodeOf<'in'>): boolean {
  if (container === null) return false;
  if (Array.isArray(container)) return container.some((other) => isEqual(other, item));
  if (isMap(container)) return typeof item === 'string' && Object.hasOwn(container, item);
  return fail(
    `in takes a list or a map on its right, and ${sourceOf(node.args[1])} is ${typeName(container)}`,
    node,
  );
}

function field(value: Json, key: string, node: ASTNode): Json {
  if (value !== null && !isMap(value)) return fail(`${typeName(value)} has no field ${key}`, node);
  return select(value, key);
}

function item(value: Json, key: Json, node: NodeOf<'[]'>): Json {
  if (value === null) return null;
  if (typeof key === 'string') return field(value, key, node);
  if (!Array.isArray(value) || typeof key !== 'number' || !Number.isInteger(key))
    return fail(`${typeName(value)} can't be indexed by ${sourceOf(node.args[1])}`, node);
  return value[key] ?? null;
}

function condition(node: ASTNode, variables: Variables): boolean {
  const value = evaluate(node, variables);
  return typeof value === 'boolean'
    ? value
    : fail(`${sourceOf(node)} must be true or false, and it is ${typeName(value)}`, node);
}

/** `&&` and `||` as CEL has them: a side that decides makes an error on the other one irrelevant. */
function logical(node: NodeOf<'&&' | '||'>, variables: Variables): boolean {
  const deciding = node.op === '||';
  const [left, right] = node.args;
  try {
    if (condition(left, variables) === deciding) return deciding;
  } catch (error) {
    if (condition(right, variables) === deciding) return deciding;
    throw error;
  }
  return condition(right, variables);
}

function macro(name: Macro, node: NodeOf<'rcall'>, variables: Variables): Json {
  const [, receiver, args] = node.args;
  const range = evaluate(receiver, variables);
  if (range === null || typeof range !== 'object')
    return fail(`${name}() takes a list or a map, and ${sourceOf(receiver)} is ${typeName(range)}`, receiver);
  const items = Array.isArray(range) ? range : Object.keys(range);
  // The parser made sure that the first argument is a name, and that map has two arguments or three.
  const [variable, body, transform] = args as [NodeOf<'id'>, ASTNode, ASTNode | undefined];
  const inner = (value: Json): Variables => ({ ...variables, [variable.args]: value });
  const holds = (value: Json): boolean => condition(body, inner(value));

  switch (name) {
    case 'all':
      return items.every(holds);
    case 'exists':
      return items.some(holds);
    case 'exists_one':
      return items.filter(holds).length === 1;
    case 'filter':
      return items.filter(holds);
    case 'map':
      return transform
        ? items.filter(holds).map((value) => evaluate(transform, inner(value)))
        : items.map((value) => evaluate(body, inner(value)));
  }
}

function call(node: NodeOf<'call'>, variables: Variables): Json {
  const [name, args] = node.args;
  if (name === 'has') {
    const [access] = args as [NodeOf<'.'>];
    const holder = evaluate(access.args[0], variables);
    return isMap(holder) && (holder[access.args[1]] ?? null) !== null;
  }
  const signature = FUNCTIONS[name] ?? fail(`there is no function ${name}`, node);
  const values = args.map((arg) => evaluate(arg, variables));
  return placed(node, () => callFunction(name, signature, values, args.map(sourceOf)));
}

function methodCall(node: NodeOf<'rcall'>, variables: Variables): Json {
  const [name, receiver, args] = node.args;
  if ((MACROS as readonly string[]).includes(name)) return macro(name as Macro, node, variables);
  const signature = METHODS[name] ?? fail(`there is no method ${name}`, node);
  const operands = [receiver, ...args];
  const values = operands.map((operand) => evaluate(operand, variables));
  return placed(node, () => callFunction(name, signature, values, operands.map(sourceOf)));
}

/** The value of a syntax tree. Throws an `ExpressionError` with the place in the expression's text. */
export function evaluate(node: ASTNode, variables: Variables): Json {
  const run = (child: ASTNode): Json => evaluate(child, variables);
  switch (node.op) {
    case 'value':
      return literal(node);
    case 'id':
      if (Object.hasOwn(variables, node.args) && variables[node.args] !== undefined)
        return variables[node.args] as Json;
      return fail(`there is no ${node.args} here`, node);
    case '.':
      return field(run(node.args[0]), node.args[1], node);
    case '[]':
      return item(run(node.args[0]), run(node.args[1]), node);
    case 'list':
      return node.args.map(run);
    case 'map':
      return Object.fromEntries(node.args.map(([key, value]) => [mapKey(key, run(key)), run(value)]));
    case '?:':
      return run(condition(node.args[0], variables) ? node.args[1] : node.args[2]);
    case '&&':
    case '||':
      return logical(node, variables);
    case '!_':
      return !condition(node.args, variables);
    case '-_': {
      const value = run(node.args);
      return typeof value === 'number'
        ? finite(-value, node)
        : fail(`- can't be used on ${typeName(value)}`, node);
    }
    case '==':
      return isEqual(run(node.args[0]), run(node.args[1]));
    case '!=':
      return !isEqual(run(node.args[0]), run(node.args[1]));
    case 'in':
      return isMember(run(node.args[0]), run(node.args[1]), node);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isOrdered(node.op, run(node.args[0]), run(node.args[1]), node as NodeOf<'<'>);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(node.op, run(node.args[0]), run(node.args[1]), node as NodeOf<'+'>);
    case 'call':
      return call(node, variables);
    case 'rcall':
      return methodCall(node, variables);
    default:
      return fail(`${sourceOf(node)} is not supported`, node);
  }
}

const mapKey = (node: ASTNode, key: Json): string =>
  typeof key === 'string'
    ? key
    : fail(`a map's keys are texts, and ${sourceOf(node)} is ${typeName(key)}`, node);
