import type { StepKind } from '../domain/definition.ts';
import { isRawMap, type RawMap } from './raw-map.ts';
import { KINDS } from './steps/index.ts';
import type { Path } from './yaml-source.ts';

/** A step as it stands in the file, right or wrong. */
export interface RawStep {
  path: Path;
  fields: RawMap;
  id: string | undefined;
  /** In the order of the file. */
  kinds: StepKind[];
  needs: string[] | undefined;
}

/**
 * What can be known of a file whose form need not be right, so that all that is wrong with it can be told at once.
 */
export interface RawPipeline {
  root: RawMap;
  steps: RawStep[];
  finally: RawStep[];
  onSuccess: RawStep[];
  onFailure: RawStep[];
}

/** The lists of steps that a file may have, in the order in which they run. */
export const STEP_LISTS = ['steps', 'finally', 'onSuccess', 'onFailure'] as const;
export type StepList = (typeof STEP_LISTS)[number];

export const allSteps = (raw: RawPipeline): RawStep[] => STEP_LISTS.flatMap((list) => raw[list]);

const isKind = (field: string): field is StepKind => (KINDS as string[]).includes(field);
const isText = (value: unknown): value is string => typeof value === 'string';

function rawSteps(list: unknown, name: string): RawStep[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((fields: unknown, index) => {
    if (!isRawMap(fields)) return [];
    return {
      path: [name, index],
      fields,
      id: isText(fields['id']) ? fields['id'] : undefined,
      kinds: Object.keys(fields).filter(isKind),
      needs: Array.isArray(fields['needs']) ? fields['needs'].filter(isText) : undefined,
    };
  });
}

export function rawPipeline(value: unknown): RawPipeline {
  const root = isRawMap(value) ? value : {};
  return {
    root,
    steps: rawSteps(root['steps'], 'steps'),
    finally: rawSteps(root['finally'], 'finally'),
    onSuccess: rawSteps(root['onSuccess'], 'onSuccess'),
    onFailure: rawSteps(root['onFailure'], 'onFailure'),
  };
}
