import { componentsOf, parametersOf } from './definition.ts';
import { evaluate } from './expression.ts';
import type { Pipeline } from './pipeline.ts';
import { invalidRequest, masked, type Field, type PipelineObject } from './protocol.ts';

export const SPHERES = ['COMPONENT', 'INSTANCE', 'ATTEMPT'] as const;
export type Sphere = (typeof SPHERES)[number];

/** A pipeline's objects in one sphere: what was defined, what became of it, and each try. Oldest first. */
export function objectsIn(pipeline: Pipeline, sphere: Sphere): PipelineObject[] {
  const pipelineId: Field = { key: '@pipelineId', stringValue: pipeline.id };
  const instances = pipeline.runs.flatMap((run) => run.instances);
  switch (sphere) {
    case 'COMPONENT':
      return [...componentsOf(pipeline.latest).values()].map(({ id, name, fields }) => ({
        id,
        name,
        fields: [...fields, { key: '@sphere', stringValue: sphere }, pipelineId],
      }));
    case 'INSTANCE':
      return instances.map((instance) => ({
        id: instance.id,
        name: instance.id,
        fields: [...instance.component.fields, ...instance.fields(), pipelineId],
      }));
    case 'ATTEMPT':
      return instances.flatMap(({ component, attempts }) =>
        attempts.map((attempt) => ({
          id: attempt.id,
          name: attempt.id,
          fields: [...component.fields, ...attempt.fields(), pipelineId],
        })),
      );
  }
}

/** Objects of any sphere by ID, in the order of `ids`. Secrets are masked. */
export function describeObjects(
  pipeline: Pipeline,
  ids: string[],
  evaluateExpressions: boolean,
): PipelineObject[] {
  const all = new Map(
    SPHERES.flatMap((sphere) => objectsIn(pipeline, sphere)).map((object) => [object.id, object]),
  );
  const parameters = parametersOf(pipeline.active ?? pipeline.latest);
  return ids.map((id) => {
    const object = all.get(id);
    if (object === undefined)
      throw invalidRequest(`Object with id: ${id} does not exist in pipeline ${pipeline.id}`);
    const shown = (field: Field): Field => {
      if (!evaluateExpressions || field.stringValue === undefined) return masked(field.key, field);
      return masked(field.key, {
        ...field,
        stringValue: evaluate(field.stringValue, object, withMasks(parameters)),
      });
    };
    return { ...object, fields: object.fields.map(shown) };
  });
}

const withMasks = (parameters: ReadonlyMap<string, string>): Map<string, string> =>
  new Map([...parameters].map(([id, stringValue]) => [id, masked(id, { stringValue }).stringValue]));
