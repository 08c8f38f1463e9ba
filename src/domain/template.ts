import type { Json } from './definition.ts';
import { parseExpression } from './expression.ts';
import type { Expression, Reference } from './expression.ts';
import { ExpressionError, TemplateError } from './expression-error.ts';
import { isMap, typeName } from './expression-value.ts';
import type { Scope } from './run.ts';
import { templateSpans } from './template-scanner.ts';

/** A piece of a template: plain text, or the expression of a `${…}`. */
export type TemplatePart =
  | { text: string; offset: number }
  | {
      expression: Expression;
      /** The expression as written. */
      source: string;
      /** Where the expression's text starts, after the `${`. */
      offset: number;
    };

/** Reads the expression between two offsets of a text; its errors count from the text's start. */
export function expressionAt(text: string, start: number, end: number): Expression {
  const source = text.slice(start, end);
  if (source.trim() === '')
    throw new TemplateError('${} has no expression; $${ stands for the characters ${', start);
  const shift = <T>(run: () => T): T => {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      throw new ExpressionError(error.message, start + error.offset);
    }
  };
  const { evaluate, references } = shift(() => parseExpression(source));
  return {
    evaluate: (scope) => shift(() => evaluate(scope)),
    references: references.map((reference) => ({ ...reference, offset: start + reference.offset })),
  };
}

/** Takes a template apart. `$${` stands for the characters `${`. Throws an `ExpressionError`. */
export const parseTemplate = (text: string): TemplatePart[] =>
  templateSpans(text).map((span) =>
    'text' in span
      ? span
      : {
          expression: expressionAt(text, span.start, span.end),
          source: text.slice(span.start, span.end),
          offset: span.start,
        },
  );

function inText(value: Json, source: string, offset: number): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const mend =
    value === null
      ? 'say what to write instead, like coalesce(…, "")'
      : 'only text, numbers, true and false can';
  throw new ExpressionError(`\${${source}} is ${typeName(value)} and can't stand in a text; ${mend}`, offset);
}

/** The value of a template: of any type when it is one `${…}`, else text. Throws an `ExpressionError`. */
export function renderValue(text: string, scope: Scope): Json {
  const parts = parseTemplate(text);
  const [first] = parts;
  if (parts.length === 1 && first && 'expression' in first) return first.expression.evaluate(scope);
  return joined(parts, scope);
}

/** The text of a template, also where it is one `${…}`. Throws an `ExpressionError`. */
export const renderText = (text: string, scope: Scope): string => joined(parseTemplate(text), scope);

const joined = (parts: readonly TemplatePart[], scope: Scope): string =>
  parts
    .map((part) =>
      'text' in part ? part.text : inText(part.expression.evaluate(scope), part.source, part.offset),
    )
    .join('');

/** Renders all strings of a structure; keys stay as they are. */
export function renderDeep<T extends Json>(value: T, scope: Scope): Json {
  if (typeof value === 'string') return renderValue(value, scope);
  if (Array.isArray(value)) return value.map((item) => renderDeep(item, scope));
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renderDeep(item, scope)]));
}

/** What the templates of a structure refer to. Each offset counts from the start of its own string. */
export function templateReferences(value: Json): Reference[] {
  if (typeof value === 'string')
    return parseTemplate(value).flatMap((part) => ('expression' in part ? part.expression.references : []));
  if (Array.isArray(value)) return value.flatMap(templateReferences);
  return isMap(value) ? Object.values(value).flatMap(templateReferences) : [];
}
