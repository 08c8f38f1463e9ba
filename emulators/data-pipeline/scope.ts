import { refsOf, textsOf, type Component } from './definition.ts';
import { evaluateTexts, type LookUp } from './expression/evaluate.ts';
import type { Value } from './expression/value.ts';
import type { BoundObject } from './types/type.ts';

/** A field may name a field that names a field; this deep, and no circle. */
const DEEPEST = 20;

/** Runtime fields, such as `@status`, of what became of a component. */
export type RuntimeOf = (component: Component) => (key: string) => string | undefined;

export interface Binder {
  /** `node` is what refers to a precondition or an action. */
  bind(component: Component, node?: Component): BoundObject;
  /** Any text as one of a component's fields. */
  evaluate(component: Component, text: string): string;
}

/**
 * Gives objects their values: parameters first, then runtime fields, then fields of the object itself, and by a dot
 * those of objects that it refers to.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-pipeline-expressions.html
 */
export function createBinder(
  components: ReadonlyMap<string, Component>,
  parameters: ReadonlyMap<string, string>,
  runtimeOf: RuntimeOf,
): Binder {
  const single = (values: Value[]): Value | undefined => (values.length > 1 ? values : values[0]);

  const lookUpIn =
    (component: Component, node: Component | undefined, depth: number): LookUp =>
    ([first = '', ...rest]) => {
      if (depth > DEEPEST) throw new Error(`${component.id}: ${first} refers to itself`);
      if (first === 'node' && node !== undefined)
        return rest.length === 0 ? node.id : lookUpIn(node, undefined, depth)(rest);
      if (first === 'parent' && rest[0] === '@id') return component.id;
      if (rest.length > 0) {
        const targets = refsOf(component, first).flatMap((id) => components.get(id) ?? []);
        return single(targets.flatMap((target) => lookUpIn(target, undefined, depth + 1)(rest) ?? []));
      }
      const known = parameters.get(first) ?? runtimeOf(component)(first);
      if (known !== undefined) return known;
      if (first === 'id' || first === 'name' || first === 'type') return component[first];
      const texts = textsOf(component, first);
      const next = lookUpIn(component, node, depth + 1);
      if (texts.length > 0) return single(texts.flatMap((text) => evaluateTexts(text, next)));
      return single(refsOf(component, first));
    };

  const bind = (component: Component, node?: Component): BoundObject => {
    const lookUp = lookUpIn(component, node, 0);
    const texts = (key: string) => textsOf(component, key).flatMap((text) => evaluateTexts(text, lookUp));
    const objects = (key: string) =>
      refsOf(component, key).flatMap((id) => {
        const target = components.get(id);
        return target === undefined ? [] : [bind(target)];
      });
    return {
      id: component.id,
      type: component.type ?? '',
      texts,
      text: (key) => texts(key)[0],
      objects,
      object: (key) => objects(key)[0],
    };
  };
  const evaluate = (component: Component, text: string) =>
    evaluateTexts(text, lookUpIn(component, undefined, 0)).join(',');
  return { bind, evaluate };
}
