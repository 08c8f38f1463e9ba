import { has, refsOf, type Component } from './definition.ts';
import { pathsIn } from './expression/evaluate.ts';
import { typeOf } from './types/index.ts';

const OWN = ['id', 'name', 'type'];

/** The expressions of a component that can't be evaluated: their grammar, and names that stand for nothing. */
export function unknownNames(
  component: Component,
  components: ReadonlyMap<string, Component>,
  declared: ReadonlySet<string>,
): string[] {
  const role = typeOf(component.type)?.role;
  const isReferred = role === 'action' || role === 'precondition';
  const isKnown = (names: string[]): boolean => {
    const [first = '', ...rest] = names;
    // What refers to it is known only when it runs.
    if (first === 'node' && isReferred) return true;
    if (first === 'parent') return rest.length === 1 && rest[0] === '@id';
    if (rest.length === 0) return isField(component, first) || declared.has(first);
    const targets = refsOf(component, first).flatMap((id) => components.get(id) ?? []);
    return targets.some((target) => rest.length > 1 || isField(target, rest[0] ?? ''));
  };
  return component.fields.flatMap(({ key, stringValue = '' }) => {
    try {
      return pathsIn(stringValue)
        .filter((names) => !isKnown(names))
        .map(
          (names) =>
            `INVALID_EXPRESSION: '${key}' has #{${names.join('.')}}, which is no parameter and no field of the object.`,
        );
    } catch (error) {
      return [`INVALID_EXPRESSION: '${key}': ${error instanceof Error ? error.message : String(error)}.`];
    }
  });
}

const isField = (component: Component, name: string): boolean =>
  name.startsWith('@') || OWN.includes(name) || has(component, name);
