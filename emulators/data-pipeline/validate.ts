import {
  componentsOf,
  declaredParameters,
  has,
  parametersOf,
  refsOf,
  textOf,
  type Component,
  type Definition,
} from './definition.ts';
import { lookUp, namesIn, RUNTIME_FIELDS } from './expression.ts';
import { invalidRequest, type ParameterValue } from './protocol.ts';
import { OBJECT_TYPES, typeOf } from './types/index.ts';

const MAX_OBJECTS = 100;
/** Fields that any object may have; of these the stand-in uses the first five. */
const COMMON_FIELDS = [
  ...['type', 'parent', 'scheduleType', 'maximumRetries', 'failureAndRerunMode'],
  ...['dependsOn', 'runsOn', 'workerGroup', 'role', 'resourceRole', 'pipelineLogUri'],
];

export interface Findings {
  errored: boolean;
  validationErrors: { id: string; errors: string[] }[];
  validationWarnings: { id: string; warnings: string[] }[];
}

/** Throws for what AWS doesn't even save: objects without a name, empty fields, too many objects. */
export function refuseUnsavable({ objects }: Definition): void {
  const ids = objects.map(({ id }) => id);
  const problems = [
    ...(objects.length > MAX_OBJECTS ? [`${objects.length} objects, where ${MAX_OBJECTS} are allowed`] : []),
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `two objects with the id '${id}'`),
    ...objects
      .filter(({ id, name }) => id === '' || name === '')
      .map(({ id }) => `'${id}' has no id or name`),
    ...objects.flatMap(({ id, fields }) =>
      fields
        .filter((field) => !(field.stringValue ?? field.refValue))
        .map(({ key }) => `'${key}' of '${id}' is empty`),
    ),
  ];
  if (problems.length > 0) throw definitionErrors(problems);
}

const definitionErrors = (problems: string[]) =>
  invalidRequest(
    `Pipeline definition has errors: Could not save the pipeline definition due to FATAL errors: [${problems.join('; ')}]`,
  );

/** What keeps a definition from being activated, and what the stand-in ignores. */
export function validate(definition: Definition): Findings {
  const components = componentsOf(definition);
  const declared = declaredParameters(definition);
  const known = new Map([...declared, ...RUNTIME_FIELDS].map((name) => [name, '']));
  const findings: Findings = { errored: false, validationErrors: [], validationWarnings: [] };
  const report = (id: string, errors: string[], warnings: string[] = []) => {
    if (errors.length > 0) findings.validationErrors.push({ id, errors });
    if (warnings.length > 0) findings.validationWarnings.push({ id, warnings });
  };

  report('Default', errorsOfDefault(definition));
  for (const component of components.values()) {
    const type = typeOf(component.type);
    const ignored = component.fields.filter(
      ({ key }) =>
        type !== undefined &&
        ![...COMMON_FIELDS, ...type.required, ...type.oneOf.flat(), ...type.optional].includes(key) &&
        !key.startsWith('my'),
    );
    report(
      component.id,
      [
        ...errorsOf(component, components),
        ...unknownNames(component, known),
        ...cyclesFrom(component, components),
      ],
      ignored.map(({ key }) => `'${key}' is ignored by this stand-in.`),
    );
  }
  for (const id of declared) {
    if (!/^\*?my/.test(id))
      report(id, [`INVALID_PARAMETER_ID: the id of a parameter begins with 'my' or '*my'.`]);
  }
  findings.errored = findings.validationErrors.length > 0;
  return findings;
}

/** Throws what ActivatePipeline answers where the definition, or what is given for its parameters, is no good. */
export function refuseActivation(definition: Definition, given: ParameterValue[]): void {
  const { validationErrors } = validate(definition);
  const declared = declaredParameters(definition);
  const values = parametersOf(definition, given);
  const used = definition.objects.flatMap(({ fields }) =>
    fields.flatMap(({ stringValue }) => namesIn(stringValue ?? '')),
  );
  const ids = given.map(({ id }) => id);
  const problems = [
    ...(definition.objects.length === 0 ? ['the pipeline has no definition'] : []),
    ...validationErrors.flatMap(({ id, errors }) => errors.map((error) => `${id}: ${error}`)),
    ...ids.filter((id) => !declared.has(id)).map((id) => `parameter '${id}' is not defined`),
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `parameter '${id}' is given twice`),
    ...[...new Set(used)]
      .filter((name) => declared.has(name) && !values.has(name))
      .map((name) => `parameter '${name}' has no value`),
  ];
  if (problems.length > 0) throw invalidRequest(`Pipeline definition has errors: ${problems.join('; ')}`);
}

function errorsOfDefault({ objects }: Definition): string[] {
  const fields = objects.find(({ id }) => id === 'Default')?.fields ?? [];
  if (textOf({ fields }, 'scheduleType')?.toLowerCase() === 'ondemand') return [];
  return [
    `INVALID_FIELD_VALUE: this stand-in runs on-demand pipelines only: 'scheduleType' has to be 'ondemand'.`,
  ];
}

function errorsOf(component: Component, components: ReadonlyMap<string, Component>): string[] {
  const type = typeOf(component.type);
  if (type === undefined) {
    const known = Object.keys(OBJECT_TYPES).join(', ');
    return [`INVALID_FIELD_VALUE: 'type' is '${component.type ?? ''}', and this stand-in knows ${known}.`];
  }
  const wrongRefs = Object.entries(type.refs).flatMap(([key, role]) =>
    refsOf(component, key).flatMap((id) => {
      const target = components.get(id);
      if (target === undefined) return [`Object references invalid id: '${id}' in '${key}'.`];
      return typeOf(target.type)?.role === role
        ? []
        : [`INVALID_FIELD_VALUE: '${key}' must refer to a ${role}.`];
    }),
  );
  const retries = textOf(component, 'maximumRetries');
  const missing = [...type.required.map((key) => [key]), ...type.oneOf].filter(
    (keys) => !keys.some((key) => has(component, key)),
  );
  const plainRefs = Object.keys(type.refs).filter((key) => textOf(component, key) !== undefined);
  return [
    ...missing.map((keys) => `MISSING_FIELD: '${keys.join("' or '")}' is required.`),
    ...plainRefs.map((key) => `INVALID_FIELD_VALUE: '${key}' must be a reference.`),
    ...wrongRefs,
    ...(retries === undefined || /^[0-6]$/.test(retries)
      ? []
      : [`INVALID_FIELD_VALUE: 'maximumRetries' is a number from 0 to 6.`]),
  ];
}

const unknownNames = (component: Component, known: ReadonlyMap<string, string>): string[] =>
  component.fields.flatMap(({ key, stringValue }) =>
    namesIn(stringValue ?? '')
      .filter((name) => lookUp(name, component, known) === undefined)
      .map(
        (name) =>
          `INVALID_EXPRESSION: '${key}' has #{${name}}, which is no parameter and no field of the object.`,
      ),
  );

function cyclesFrom(start: Component, components: ReadonlyMap<string, Component>): string[] {
  const seen = new Set<string>();
  const queue = refsOf(start, 'dependsOn');
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (id === start.id) return [`CYCLE: '${id}' depends on itself.`];
    if (seen.has(id)) continue;
    seen.add(id);
    const next = components.get(id);
    if (next !== undefined) queue.push(...refsOf(next, 'dependsOn'));
  }
  return [];
}
