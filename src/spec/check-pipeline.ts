import { checkConnections, type Connections } from './check-connections.ts';
import { checkEvents } from './check-events.ts';
import { checkNeeds, orderOf } from './check-needs.ts';
import { checkOthers } from './check-others.ts';
import { checkReferences } from './check-references.ts';
import { checkSchedule } from './check-schedule.ts';
import { checkForEach, checkIds, checkKinds, isUnknownKind } from './check-steps.ts';
import { checkText, secretProblems, type Locate } from './check-texts.ts';
import { didYouMean } from './did-you-mean.ts';
import { checkParams } from './params.ts';
import type { KnownPipeline } from './known-pipeline.ts';
import { pipelineSchema } from './pipeline-schema.ts';
import type { Problem } from './problem.ts';
import type { QueryFiles } from './query-files.ts';
import { isRawMap } from './raw-map.ts';
import {
  allSteps,
  rawPipeline,
  STEP_LISTS,
  type RawPipeline,
  type RawStep,
  type StepList,
} from './raw-pipeline.ts';
import { SchemaProblems } from './schema-problems.ts';
import { KINDS } from './steps/index.ts';
import { allTexts, stepTexts, type StepText } from './texts.ts';
import type { YamlSource } from './yaml-source.ts';

/** Fields of steps that are no fields: kinds that don't exist, or misspelt ones. */
function unknownKinds(source: YamlSource, raw: RawPipeline, fields: readonly string[]) {
  const steps = new Set<RawStep>();
  const problems = allSteps(raw).flatMap((step) =>
    Object.keys(step.fields)
      .filter((field) => !fields.includes(field) && isUnknownKind(step, field, fields))
      .map((field): Problem => {
        steps.add(step);
        const message = `there is no kind of step ${field}`;
        return {
          ...source.placeOfKey([...step.path, field]),
          code: 'unknown-kind',
          message,
          fix: didYouMean(field, KINDS),
        };
      }),
  );
  return { steps, problems };
}

function checkTexts(source: YamlSource, raw: RawPipeline, files: QueryFiles): Problem[] {
  const params = isRawMap(raw.root['params']) ? Object.keys(raw.root['params']) : [];

  const locator = ({ path, file }: StepText): Locate =>
    file === undefined ? (offset) => source.placeIn(path, offset) : (offset) => files.place(file, offset);

  /** Steps of lists that ran before may be looked at, however they ended. */
  const checkList = (list: StepList): Problem[] => {
    const steps = raw[list];
    const before = orderOf(steps);
    const byNeeds = steps.some(({ needs }) => needs);
    const lists = STEP_LISTS.slice(0, STEP_LISTS.indexOf(list));
    const earlier = idsOf(lists.flatMap((name) => raw[name]));
    return steps.flatMap((step) =>
      stepTexts(step, files.texts).flatMap((text) => {
        const locate = locator(text);
        const { expressions, problems } = checkText(text, locate);
        const around = {
          step: step.id,
          before: new Set([...earlier, ...before(step)]),
          allSteps: [...earlier, ...idsOf(steps)],
          params,
          byNeeds,
          inFailure: list === 'onFailure',
          inExpect: text.kind === 'expect',
          inItem: step.fields['forEach'] !== undefined && !OUTSIDE_ITEMS.includes(text.path[2]),
        };
        const references = expressions.flatMap((expression) => expression.references);
        return [...problems, ...checkReferences(references, around, locate)];
      }),
    );
  };
  return STEP_LISTS.flatMap(checkList);
}

/** The fields of a step that are evaluated once, not for each item. */
const OUTSIDE_ITEMS: readonly unknown[] = ['when', 'forEach'];

const idsOf = (steps: readonly RawStep[]): string[] => steps.flatMap(({ id }) => id ?? []);

/** That no text of the pipeline, wherever it stands, refers to a secret or to the environment. */
const checkSecrets = (source: YamlSource, value: unknown, files: QueryFiles): Problem[] => [
  ...allTexts(value).flatMap(({ path, text }) =>
    secretProblems(text, (offset) => source.placeIn(path, offset)),
  ),
  ...[...files.texts].flatMap(([name, text]) => secretProblems(text, (offset) => files.place(name, offset))),
];

/** All that is wrong with a pipeline whose YAML could be read. */
export function checkPipeline(
  source: YamlSource,
  value: unknown,
  files: QueryFiles,
  connections: Connections | undefined,
  pipelines: readonly KnownPipeline[] | undefined,
): Problem[] {
  const raw = rawPipeline(value);
  const schema = new SchemaProblems(source, value, pipelineSchema);
  const kinds = unknownKinds(source, raw, schema.fieldsAt(['steps', 0]));
  const isTold = (problem: Problem): boolean =>
    kinds.problems.some(({ line, column }) => problem.line === line && problem.column === column);
  const parsed = pipelineSchema.safeParse(value);

  return [
    ...schema.of(parsed.error?.issues ?? []).filter((problem) => !isTold(problem)),
    ...kinds.problems,
    ...checkKinds(source, raw, kinds.steps),
    ...checkSchedule(source, raw.root),
    ...checkEvents(source, raw.root),
    ...checkIds(source, raw),
    ...checkParams(source, raw.root),
    ...STEP_LISTS.flatMap((list) => checkNeeds(source, raw[list])),
    ...checkForEach(source, raw),
    ...checkConnections(source, raw, connections),
    ...checkOthers(source, raw, pipelines),
    ...files.problems,
    ...checkSecrets(source, value, files),
    ...checkTexts(source, raw, files),
  ];
}
