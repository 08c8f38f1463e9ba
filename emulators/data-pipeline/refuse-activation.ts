import {
  componentsOf,
  declaredParameters,
  isOnDemand,
  parametersOf,
  schedulesOf,
  type Definition,
} from './definition.ts';
import { pathsIn } from './expression/evaluate.ts';
import { startOf } from './occurrences.ts';
import type { Pipeline } from './pipeline.ts';
import { invalidRequest, timestamp, type ParameterValue } from './protocol.ts';
import { createBinder } from './scope.ts';
import { validate } from './validate.ts';

const DAY_MS = 86_400_000;

/** Throws what ActivatePipeline answers where the definition, or what is given for its parameters, is no good. */
export function refuseActivation(
  pipeline: Pipeline,
  given: ParameterValue[],
  startAt: Date | undefined,
): void {
  const { latest: definition, firstActivation } = pipeline;
  const declared = declaredParameters(definition);
  const values = parametersOf(definition, given);
  const ids = given.map(({ id }) => id);
  const invalid = validate(definition).validationErrors.flatMap(({ id, errors }) =>
    errors.map((error) => `${id}: ${error}`),
  );
  // An expression with an error has no names.
  const used = invalid.length > 0 ? [] : namesUsed(definition);
  const problems = [
    ...(definition.objects.length === 0 ? ['the pipeline has no definition'] : []),
    ...invalid,
    ...ids.filter((id) => !declared.has(id)).map((id) => `parameter '${id}' is not defined`),
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `parameter '${id}' is given twice`),
    ...used
      .filter((name) => declared.has(name) && !values.has(name))
      .map((name) => `parameter '${name}' has no value`),
  ];
  if (
    problems.length === 0 &&
    !isOnDemand(definition) &&
    firstActivation === undefined &&
    startAt === undefined
  )
    problems.push(...longBackfills(pipeline, values));
  if (problems.length > 0) throw invalidRequest(`Pipeline definition has errors: ${problems.join('; ')}`);
}

const namesUsed = ({ objects }: Definition): string[] => {
  const texts = objects.flatMap(({ fields }) => fields.map(({ stringValue = '' }) => stringValue));
  return [...new Set(texts.flatMap((text) => pathsIn(text).map(([name = '']) => name)))];
};

/** AWS keeps people from filling up years by accident. */
function longBackfills({ latest }: Pipeline, values: ReadonlyMap<string, string>): string[] {
  const components = componentsOf(latest);
  const { bind } = createBinder(components, values, () => () => undefined);
  return schedulesOf(components).flatMap((schedule) => {
    const start = startOf(bind(schedule), new Date());
    return start.toMillis() >= Date.now() - DAY_MS
      ? []
      : [
          `${schedule.id} starts at ${timestamp(start.toJSDate())}, more than a day ago: give startTimestamp to fill up the intervals since`,
        ];
  });
}
