import { shortHash } from '../domain/key.ts';
import { closest } from './did-you-mean.ts';
import type { Problem } from './problem.ts';
import { allSteps, type RawPipeline, type RawStep } from './raw-pipeline.ts';
import { KIND_SPECS, KINDS } from './steps/index.ts';
import type { KindSpec } from './steps/kind.ts';
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
  raw: RawPipeline,
  unknownKinds: ReadonlySet<RawStep>,
): Problem[] {
  const steps = allSteps(raw);
  return steps.flatMap((step): Problem[] => {
    const [first, second] = step.kinds;
    if (second !== undefined) {
      const place = source.placeOfKey([...step.path, second]);
      const message = `a step has one kind, and this one has ${step.kinds.join(' and ')}`;
      return [{ ...place, code: 'two-kinds', message, fix: 'make a step of each' }];
    }
    if (first !== undefined) {
      const { check } = KIND_SPECS[first] as unknown as KindSpec;
      return check?.({ source, step, steps }) ?? [];
    }
    if (unknownKinds.has(step)) return [];
    const fix = `add what it does, one of ${KINDS.join(', ')}`;
    return [{ ...source.place(step.path), code: 'no-kind', message: 'the step has no kind', fix }];
  });
}

/** That no two steps have one id, or one key. */
export function checkIds(source: YamlSource, raw: RawPipeline): Problem[] {
  const seen = new Map<string, string>();
  return allSteps(raw).flatMap(({ id, path }): Problem[] => {
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

/** That `concurrency` has a list to be about, and that the list is a template where it is a text. */
export function checkForEach(source: YamlSource, raw: RawPipeline): Problem[] {
  return allSteps(raw).flatMap(({ fields, path }): Problem[] => {
    const { forEach, concurrency } = fields;
    if (concurrency !== undefined && forEach === undefined) {
      const place = source.placeOfKey([...path, 'concurrency']);
      const message = 'concurrency is for a step with forEach';
      return [{ ...place, code: 'conflicting-fields', message, fix: 'add forEach, or leave it out' }];
    }
    if (typeof forEach !== 'string' || forEach.includes('${')) return [];
    const message = `forEach is the text ${JSON.stringify(forEach)}, and no list`;
    const fix = 'write a list, or an expression that comes to one, like ${params.airports}';
    return [{ ...source.place([...path, 'forEach']), code: 'wrong-type', message, fix }];
  });
}
