import { textOf, type Component } from './definition.ts';

const EXPRESSION = /#\{([^}]*)\}/g;

/** Fields that an instance has and a definition can name. */
export const RUNTIME_FIELDS = ['@pipelineId', '@scheduledStartTime'] as const;

/** The names between `#{` and `}`. Of AWS's expression language, plain names are what this stand-in knows. */
export const namesIn = (text: string): string[] =>
  [...text.matchAll(EXPRESSION)].map(([, name = '']) => name.trim());

/** The value of a name as `component` sees it: a parameter, else a field of its own. */
export function lookUp(
  name: string,
  component: Pick<Component, 'fields'>,
  parameters: ReadonlyMap<string, string>,
): string | undefined {
  return parameters.get(name) ?? textOf(component, name);
}

/** Puts values in the place of expressions; text on both sides stays as it is, as on AWS (no quoting). */
export function evaluate(
  text: string,
  component: Pick<Component, 'fields'>,
  parameters: ReadonlyMap<string, string>,
): string {
  return text.replace(
    EXPRESSION,
    (whole, name: string) => lookUp(name.trim(), component, parameters) ?? whole,
  );
}
