import { Environment, ParseError } from '@marcbachmann/cel-js';
import type { ASTNode } from '@marcbachmann/cel-js';
import type { Json } from './definition.ts';
import { evaluate, literal, MACROS } from './expression-evaluator.ts';
import { ExpressionError } from './expression-error.ts';
import { FUNCTIONS, METHODS, takesCount } from './expression-functions.ts';
import { typeName } from './expression-value.ts';
import type { Scope } from './run.ts';

export { ExpressionError, TemplateError } from './expression-error.ts';

/** A name that an expression looks at, with the fields that follow as far as they are fixed. */
export interface Reference {
  root: string;
  path: string[];
  /** Where it stands in the expression's text. */
  offset: number;
}

export interface Expression {
  /** Throws an `ExpressionError` when there is no value. */
  evaluate(scope: Scope): Json;
  references: Reference[];
}

const environment = new Environment({ unlistedVariablesAreDyn: true });

function parse(text: string): ASTNode {
  try {
    return environment.parse(text).ast;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new ExpressionError(`${error.summary} in ${JSON.stringify(text.trim())}`, error.range?.start ?? 0);
  }
}

/** The fixed fields that a chain of `.a` and `["b"]` ends in, and the node that it starts from. */
function chain(node: ASTNode): { start: ASTNode; path: string[] } {
  const [parent, key] =
    node.op === '.'
      ? node.args
      : node.op === '[]' && node.args[1].op === 'value' && typeof node.args[1].args === 'string'
        ? [node.args[0], node.args[1].args]
        : [];
  if (parent === undefined || key === undefined) return { start: node, path: [] };
  const { start, path } = chain(parent);
  return { start, path: [...path, key] };
}

function checkCall(node: Extract<ASTNode, { op: 'call' | 'rcall' }>): void {
  const isMethod = node.op === 'rcall';
  const [name] = node.args;
  const count = isMethod ? node.args[2].length + 1 : node.args[1].length;
  if (name === 'has' && !isMethod) {
    if (node.args[1].length === 1 && node.args[1][0]?.op === '.') return;
    throw new ExpressionError('has() takes one field, like has(steps.x.rows)', node.start);
  }
  if (isMethod && (MACROS as readonly string[]).includes(name)) {
    if (count === 3 || (name === 'map' && count === 4)) return;
    throw new ExpressionError(
      `${name}() takes a variable and an expression, like x.${name}(a, a > 1)`,
      node.start,
    );
  }
  const known = isMethod ? METHODS : FUNCTIONS;
  const signature = Object.hasOwn(known, name) ? known[name] : undefined;
  const names = Object.keys(known).join(', ');
  if (!signature)
    throw new ExpressionError(
      `there is no ${isMethod ? 'method' : 'function'} ${name}; there are ${names}`,
      node.start,
    );
  if (!takesCount(signature, count))
    throw new ExpressionError(`${name}() takes another number of arguments`, node.start);
}

/** Collects what a tree refers to, and refuses what the evaluator would refuse whatever the values are. */
function collect(node: ASTNode, bound: readonly string[], references: Reference[]): void {
  const visit = (child: ASTNode): void => collect(child, bound, references);
  switch (node.op) {
    case 'value':
      literal(node);
      return;
    case 'id':
    case '.':
    case '[]': {
      const { start, path } = chain(node);
      if (start.op === 'id') {
        if (!bound.includes(start.args)) references.push({ root: start.args, path, offset: start.start });
      } else if (start !== node) visit(start);
      else if (node.op === '[]') node.args.forEach(visit);
      return;
    }
    case 'call':
      checkCall(node);
      node.args[1].forEach(visit);
      return;
    case 'rcall': {
      checkCall(node);
      const [name, receiver, args] = node.args;
      visit(receiver);
      const [variable, ...bodies] = args;
      if ((MACROS as readonly string[]).includes(name) && variable?.op === 'id')
        for (const body of bodies) collect(body, [...bound, variable.args], references);
      else args.forEach(visit);
      return;
    }
    case 'map':
      node.args.flat().forEach(visit);
      return;
    case '!_':
    case '-_':
      visit(node.args);
      return;
    default:
      (node.args as ASTNode[]).forEach(visit);
  }
}

/** Reads a CEL expression. Throws an `ExpressionError` with the offset in the text. */
export function parseExpression(text: string): Expression {
  const tree = parse(text);
  const references: Reference[] = [];
  collect(tree, [], references);
  return { references, evaluate: (scope) => evaluate(tree, { ...scope }) };
}

/** Evaluates a condition. Throws an `ExpressionError` at an error, and at a result that isn't true or false. */
export function evaluateCondition(text: string, scope: Scope): boolean {
  const value = parseExpression(text).evaluate(scope);
  if (typeof value === 'boolean') return value;
  throw new ExpressionError(`${text.trim()} must be true or false, and it is ${typeName(value)}`, 0);
}
