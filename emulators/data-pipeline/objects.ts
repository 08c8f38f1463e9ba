import { componentsOf, parametersOf } from './definition.ts';
import type { Pipeline } from './pipeline.ts';
import { invalidRequest, masked, withMasks, type Field, type PipelineObject } from './protocol.ts';
import { createBinder } from './scope.ts';

export const SPHERES = ['COMPONENT', 'INSTANCE', 'ATTEMPT'] as const;
export type Sphere = (typeof SPHERES)[number];

/** A pipeline object, and how its fields' expressions are evaluated. */
interface Found {
  object: PipelineObject;
  evaluate(text: string): string;
}

/** A pipeline's objects in one sphere: what was defined, what became of it, and each try. Oldest first. */
export function objectsIn(pipeline: Pipeline, sphere: Sphere): Found[] {
  const pipelineId: Field = { key: '@pipelineId', stringValue: pipeline.id };
  const instances = pipeline.runs.flatMap((run) => run.instances.map((instance) => ({ run, instance })));
  switch (sphere) {
    case 'COMPONENT': {
      const definition = pipeline.active ?? pipeline.latest;
      const components = componentsOf(definition);
      const { evaluate } = createBinder(
        components,
        withMasks(parametersOf(definition)),
        () => () => undefined,
      );
      return [...components.values()].map((component) => ({
        object: {
          id: component.id,
          name: component.name,
          fields: [...component.fields, { key: '@sphere', stringValue: sphere }, pipelineId],
        },
        evaluate: (text) => evaluate(component, text),
      }));
    }
    case 'INSTANCE':
      return instances.map(({ run, instance }) => ({
        object: {
          id: instance.id,
          name: instance.id,
          fields: [...instance.component.fields, ...instance.fields(), pipelineId],
        },
        evaluate: (text) => run.shown.evaluate(instance.component, text),
      }));
    case 'ATTEMPT':
      return instances.flatMap(({ run, instance: { component, attempts } }) =>
        attempts.map((attempt) => ({
          object: {
            id: attempt.id,
            name: attempt.id,
            fields: [...component.fields, ...attempt.fields(), pipelineId],
          },
          evaluate: (text: string) => run.shown.evaluate(component, text),
        })),
      );
  }
}

/** An object of any sphere by its ID. */
export function objectCalled(pipeline: Pipeline, id: string): Found {
  const found = SPHERES.flatMap((sphere) => objectsIn(pipeline, sphere)).find(
    ({ object }) => object.id === id,
  );
  if (found === undefined)
    throw invalidRequest(`Object with id: ${id} does not exist in pipeline ${pipeline.id}`);
  return found;
}

/** Objects of any sphere by ID, in the order of `ids`. Secrets are masked. */
export const describeObjects = (
  pipeline: Pipeline,
  ids: string[],
  evaluateExpressions: boolean,
): PipelineObject[] => {
  const all = new Map(
    SPHERES.flatMap((sphere) => objectsIn(pipeline, sphere)).map((found) => [found.object.id, found]),
  );
  return ids.map((id) => {
    const { object, evaluate } = all.get(id) ?? objectCalled(pipeline, id);
    const shown = (field: Field): Field =>
      masked(
        field.key,
        evaluateExpressions && field.stringValue !== undefined
          ? { ...field, stringValue: evaluated(field.stringValue, evaluate) }
          : field,
      );
    return { ...object, fields: object.fields.map(shown) };
  });
};

/** What can't be evaluated yet stays as it was written. */
function evaluated(text: string, evaluate: (text: string) => string): string {
  try {
    return evaluate(text);
  } catch {
    return text;
  }
}
