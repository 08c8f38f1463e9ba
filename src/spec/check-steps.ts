import { shortHash } from '../domain/key.ts';
import { closest } from './did-you-mean.ts';
import { KINDS } from './pipeline-schema.ts';
import type { Problem } from './problem.ts';
import { isRawMap, type RawPipeline, type RawStep } from './raw-pipeline.ts';
import type { YamlSource } from './yaml-source.ts';

/** Whether a field that a step doesn't have is meant for its kind: `unknown-kind` then tells more. */
export const isUnknownKind = (step: RawStep, field: string, known: readonly string[]): boolean =>
  step.kinds.length === 0 &&
  closest(
    field,
    known.filter((name) => !(KINDS as string[]).includes(name)),
  ) === undefined;

/** That every step has one kind, and what the kinds ask for beyond their form. */
export function checkKinds(
  source: YamlSource,
  { steps, onFailure }: RawPipeline,
  unknownKinds: ReadonlySet<RawStep>,
): Problem[] {
  return [...steps, ...onFailure].flatMap((step): Problem[] => {
    const [first, second] = step.kinds;
    if (second !== undefined) {
      const place = source.placeOfKey([...step.path, second]);
      const message = `a step has one kind, and this one has ${step.kinds.join(' and ')}`;
      return [{ ...place, code: 'two-kinds', message, fix: 'make a step of each' }];
    }
    if (first !== undefined)
      return [
        ...checkOutput(source, step),
        ...checkCopy(source, step),
        ...checkCopySource(source, step, steps),
        ...checkActivation(source, step),
      ];
    if (unknownKinds.has(step)) return [];
    const fix = `add what it does, one of ${KINDS.join(', ')}`;
    return [{ ...source.place(step.path), code: 'no-kind', message: 'the step has no kind', fix }];
  });
}

/** An engine writes many files, so that the output is a folder; a template at the end may bring the slash. */
function checkOutput(source: YamlSource, { path, fields }: RawStep): Problem[] {
  const sql = fields['sql'];
  const output = isRawMap(sql) && isRawMap(sql['output']) ? sql['output']['path'] : undefined;
  if (typeof output !== 'string' || /[/}]$/.test(output)) return [];
  const place = source.place([...path, 'sql', 'output', 'path']);
  return [
    { ...place, code: 'wrong-type', message: 'the output is a folder', fix: `end it in a slash: ${output}/` },
  ];
}

function checkCopy(source: YamlSource, { path, fields }: RawStep): Problem[] {
  const copy = fields['redshiftCopy'];
  if (!isRawMap(copy)) return [];
  const at = [...path, 'redshiftCopy'];
  const needed = { upsert: 'uniqueKey', replaceWhere: 'where' } as const;
  const mode = copy['mode'];
  if (mode !== 'upsert' && mode !== 'replaceWhere') return [];
  const name = needed[mode];
  const other = mode === 'upsert' ? 'where' : 'uniqueKey';
  const problems: Problem[] = [];
  if (copy[name] === undefined) {
    const like = mode === 'upsert' ? '[day, origin]' : 'day = ${interval.date}';
    const message = `${mode} needs ${name}`;
    problems.push({
      ...source.place(at),
      code: 'missing-field',
      message,
      fix: `add ${name}, like ${name}: ${like}`,
    });
  }
  if (copy[other] !== undefined) {
    const message = `${mode} has no use for ${other}`;
    const fix = `leave it out, or take another mode`;
    problems.push({ ...source.placeOfKey([...at, other]), code: 'conflicting-fields', message, fix });
  }
  return problems;
}

/** COPY reads Parquet from S3, which can be told of files that are named here or are another step's output. */
function checkCopySource(
  source: YamlSource,
  { path, fields }: RawStep,
  steps: readonly RawStep[],
): Problem[] {
  const copy = fields['redshiftCopy'];
  const from = isRawMap(copy) ? copy['from'] : undefined;
  const [, id] = /^\$\{\s*steps\.(\w+)\.output\s*\}$/.exec(typeof from === 'string' ? from : '') ?? [];
  const sql = steps.find((other) => id !== undefined && other.id === id)?.fields['sql'];
  const files = id === undefined ? from : isRawMap(sql) ? sql['output'] : undefined;
  if (!isRawMap(files)) return [];
  const place = source.place([...path, 'redshiftCopy', 'from']);
  const whose = id === undefined ? 'these files are' : `the output of ${id} is`;
  const problems: Problem[] = [];
  if (typeof files['format'] === 'string' && files['format'] !== 'parquet') {
    const message = `${whose} ${files['format']}, and COPY takes Parquet for now`;
    problems.push({ ...place, code: 'wrong-type', message, fix: 'write format: parquet' });
  }
  if (typeof files['path'] === 'string' && !/^(s3:\/\/|\$\{)/.test(files['path'])) {
    const message = `${whose} not in S3, and COPY reads nothing else`;
    problems.push({
      ...place,
      code: 'wrong-type',
      message,
      fix: 'write it to a path that begins with s3://',
    });
  }
  return problems;
}

function checkActivation(source: YamlSource, { path, fields }: RawStep): Problem[] {
  const activation = fields['activateDataPipeline'];
  if (!isRawMap(activation)) return [];
  const at = [...path, 'activateDataPipeline'];
  const count = ['name', 'id'].filter((name) => activation[name] !== undefined).length;
  if (count === 1) return [];
  if (count === 0) {
    const message = 'it is not said which Data Pipeline is meant';
    return [{ ...source.place(at), code: 'missing-field', message, fix: 'add its name, or its id' }];
  }
  const message = 'a Data Pipeline is named by name or by id, not by both';
  return [
    {
      ...source.placeOfKey([...at, 'id']),
      code: 'conflicting-fields',
      message,
      fix: 'leave one of them out',
    },
  ];
}

/** That no two steps have one id, or one key. */
export function checkIds(source: YamlSource, { steps, onFailure }: RawPipeline): Problem[] {
  const seen = new Map<string, string>();
  return [...steps, ...onFailure].flatMap(({ id, path }): Problem[] => {
    if (id === undefined) return [];
    const hash = shortHash(id, 8);
    const other = seen.get(hash);
    seen.set(hash, id);
    if (other === undefined) return [];
    const place = source.place([...path, 'id']);
    if (other === id) {
      return [
        {
          ...place,
          code: 'duplicate-id',
          message: `there is another step ${id}`,
          fix: 'give one of them another id',
        },
      ];
    }
    const message = `the keys of jobs can't tell ${id} from ${other}, by chance`;
    return [{ ...place, code: 'key-collision', message, fix: 'give one of them another id' }];
  });
}
