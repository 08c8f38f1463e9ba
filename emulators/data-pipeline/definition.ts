import type { Field, ParameterObject, ParameterValue, PipelineObject } from './protocol.ts';

/** What PutPipelineDefinition stores. */
export interface Definition {
  objects: PipelineObject[];
  parameters: ParameterObject[];
  values: ParameterValue[];
}

export const EMPTY: Definition = { objects: [], parameters: [], values: [] };

/** A pipeline object with the fields that it inherits from its parent and from `Default`. */
export interface Component {
  id: string;
  name: string;
  type: string | undefined;
  fields: Field[];
}

/** The definition's objects by ID, `Default` left out: it only lends its fields. */
export function componentsOf({ objects }: Definition): Map<string, Component> {
  const byId = new Map(objects.map((object) => [object.id, object]));
  const inherited = (object: PipelineObject, seen: Set<string>): Field[] => {
    seen.add(object.id);
    const parentId = object.fields.find(({ key }) => key === 'parent')?.refValue ?? 'Default';
    const parent = byId.get(parentId);
    if (parent === undefined || seen.has(parentId)) return object.fields;
    const own = new Set(object.fields.map(({ key }) => key));
    const lent = inherited(parent, seen).filter(
      ({ key }) => !own.has(key) && key !== 'type' && key !== 'parent',
    );
    return [...object.fields, ...lent];
  };
  const components = objects
    .filter(({ id }) => id !== 'Default')
    .map((object): [string, Component] => {
      const fields = inherited(object, new Set());
      return [object.id, { id: object.id, name: object.name, type: textOf({ fields }, 'type'), fields }];
    });
  return new Map(components);
}

type WithFields = Pick<Component, 'fields'>;

export const textsOf = ({ fields }: WithFields, key: string): string[] =>
  fields.flatMap((field) =>
    field.key === key && field.stringValue !== undefined ? [field.stringValue] : [],
  );

export const textOf = (component: WithFields, key: string): string | undefined => textsOf(component, key)[0];

export const refsOf = ({ fields }: WithFields, key: string): string[] =>
  fields.flatMap((field) => (field.key === key && field.refValue !== undefined ? [field.refValue] : []));

export const has = ({ fields }: WithFields, key: string): boolean =>
  fields.some((field) => field.key === key);

/** The parameters that have a value: what was given, else the definition's own, else the default. */
export function parametersOf(definition: Definition, given: ParameterValue[] = []): Map<string, string> {
  const defaults = definition.parameters.flatMap(({ id, attributes }): [string, string][] => {
    const value = attributes.find(({ key }) => key === 'default')?.stringValue;
    return value === undefined ? [] : [[id, value]];
  });
  const values = [...definition.values, ...given].map(({ id, stringValue }): [string, string] => [
    id,
    stringValue,
  ]);
  return new Map([...defaults, ...values]);
}

/** The parameters that may be given a value. */
export const declaredParameters = ({ parameters, values }: Definition): Set<string> =>
  new Set([...parameters, ...values].map(({ id }) => id));

const defaultField = ({ objects }: Definition, key: string): string | undefined =>
  textOf({ fields: objects.find(({ id }) => id === 'Default')?.fields ?? [] }, key)?.toLowerCase();

/** An on-demand pipeline runs once for each activation, others on their schedules. */
export const isOnDemand = (definition: Definition): boolean =>
  defaultField(definition, 'scheduleType') === 'ondemand';

/** Whether instances are scheduled at the end of their interval, which is what AWS does unless told otherwise. */
export const isTimeSeries = (definition: Definition): boolean =>
  defaultField(definition, 'scheduleType') !== 'cron';

/** The Schedules that components refer to. */
export function schedulesOf(components: ReadonlyMap<string, Component>): Component[] {
  const ids = new Set([...components.values()].flatMap((component) => refsOf(component, 'schedule')));
  return [...ids].flatMap((id) => components.get(id) ?? []);
}
