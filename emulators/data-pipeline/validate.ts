import {
  componentsOf,
  declaredParameters,
  has,
  isOnDemand,
  refsOf,
  textOf,
  type Component,
  type Definition,
} from './definition.ts';
import { invalidRequest } from './protocol.ts';
import { OBJECT_TYPES, typeOf } from './types/index.ts';
import type { Role } from './types/type.ts';
import { unknownNames } from './unknown-names.ts';

const MAX_OBJECTS = 100;
/** Fields that any object may have, its own or lent by `Default`. */
const COMMON_FIELDS = [
  ...['type', 'parent', 'scheduleType', 'maximumRetries', 'retryDelay', 'failureAndRerunMode'],
  ...['attemptTimeout', 'lateAfterTimeout', 'maxActiveInstances', 'workerGroup', 'pipelineLogUri'],
  ...['role', 'resourceRole'],
];
const COMMON_REFS: Readonly<Record<string, Role>> = {
  dependsOn: 'activity',
  runsOn: 'resource',
  precondition: 'precondition',
  schedule: 'schedule',
  onFail: 'action',
  onSuccess: 'action',
  onLateAction: 'action',
};

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
  if (problems.length > 0)
    throw invalidRequest(
      `Pipeline definition has errors: Could not save the pipeline definition due to FATAL errors: [${problems.join('; ')}]`,
    );
}

/** What keeps a definition from being activated, and what the stand-in ignores. */
export function validate(definition: Definition): Findings {
  const components = componentsOf(definition);
  const declared = declaredParameters(definition);
  const findings: Findings = { errored: false, validationErrors: [], validationWarnings: [] };
  const report = (id: string, errors: string[], warnings: string[] = []) => {
    if (errors.length > 0) findings.validationErrors.push({ id, errors });
    if (warnings.length > 0) findings.validationWarnings.push({ id, warnings });
  };

  report('Default', errorsOfDefault(definition));
  for (const component of components.values()) {
    report(
      component.id,
      [
        ...errorsOf(component, components),
        ...(isOnDemand(definition) ? [] : errorsOfSchedule(component, components)),
        ...unknownNames(component, components, declared),
        ...cyclesFrom(component, components),
      ],
      ignoredFields(component).map((key) => `'${key}' is ignored by this stand-in.`),
    );
  }
  for (const id of declared) {
    if (!/^\*?my/.test(id))
      report(id, [`INVALID_PARAMETER_ID: the id of a parameter begins with 'my' or '*my'.`]);
  }
  findings.errored = findings.validationErrors.length > 0;
  return findings;
}

function errorsOfDefault(definition: Definition): string[] {
  const fields = definition.objects.find(({ id }) => id === 'Default')?.fields ?? [];
  const style = textOf({ fields }, 'scheduleType')?.toLowerCase();
  return style === undefined || ['ondemand', 'cron', 'timeseries'].includes(style)
    ? []
    : [`INVALID_FIELD_VALUE: 'scheduleType' is ondemand, cron or timeseries, not '${style}'.`];
}

function ignoredFields(component: Component): string[] {
  const type = typeOf(component.type);
  if (type === undefined) return [];
  const known = [
    ...COMMON_FIELDS,
    ...Object.keys(COMMON_REFS),
    ...[...type.required, ...type.oneOf.flat(), ...type.optional, ...Object.keys(type.refs)],
  ];
  const keys = new Set(component.fields.map(({ key }) => key));
  return [...keys].filter((key) => !known.includes(key) && !key.startsWith('my'));
}

function errorsOf(component: Component, components: ReadonlyMap<string, Component>): string[] {
  // An object without a type is a parent, which only lends its fields.
  if (component.type === undefined && isParent(component, components)) return [];
  const type = typeOf(component.type);
  if (type === undefined) {
    const known = Object.keys(OBJECT_TYPES).join(', ');
    return [`INVALID_FIELD_VALUE: 'type' is '${component.type ?? ''}', and this stand-in knows ${known}.`];
  }
  const refs = { ...COMMON_REFS, ...type.refs };
  const wrongRefs = Object.entries(refs).flatMap(([key, role]) =>
    refsOf(component, key).flatMap((id) => {
      const target = components.get(id);
      if (target === undefined) return [`Object references invalid id: '${id}' in '${key}'.`];
      return typeOf(target.type)?.role === role
        ? []
        : [`INVALID_FIELD_VALUE: '${key}' must refer to ${/^a/.test(role) ? 'an' : 'a'} ${role}.`];
    }),
  );
  const retries = textOf(component, 'maximumRetries');
  const missing = [...type.required.map((key) => [key]), ...type.oneOf].filter(
    (keys) => !keys.some((key) => has(component, key)),
  );
  const plainRefs = Object.keys(refs).filter((key) => textOf(component, key) !== undefined);
  return [
    ...missing.map((keys) => `MISSING_FIELD: '${keys.join("' or '")}' is required.`),
    ...plainRefs.map((key) => `INVALID_FIELD_VALUE: '${key}' must be a reference.`),
    ...wrongRefs,
    ...(retries === undefined || /^[0-6]$/.test(retries)
      ? []
      : [`INVALID_FIELD_VALUE: 'maximumRetries' is a number from 0 to 6.`]),
    ...(type.errors?.(component) ?? []),
  ];
}

const isParent = ({ id }: Component, components: ReadonlyMap<string, Component>): boolean =>
  [...components.values()].some((component) => refsOf(component, 'parent').includes(id));

/** On AWS objects on different schedules may need each other; here they may not. */
function errorsOfSchedule(component: Component, components: ReadonlyMap<string, Component>): string[] {
  if (typeOf(component.type)?.role !== 'activity') return [];
  const [schedule] = refsOf(component, 'schedule');
  if (schedule === undefined)
    return [`MISSING_FIELD: 'schedule' is required, or a scheduleType of ondemand.`];
  const inputs = refsOf(component, 'input');
  const makers = [...components.values()].filter((other) =>
    refsOf(other, 'output').some((id) => inputs.includes(id)),
  );
  const needed = [...refsOf(component, 'dependsOn').flatMap((id) => components.get(id) ?? []), ...makers];
  return needed
    .filter((other) => refsOf(other, 'schedule')[0] !== schedule)
    .map(({ id }) => `this stand-in can't make it wait for '${id}', which is on another schedule.`);
}

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
