import type { Covers } from '../domain/definition.ts';
import { isRawMap } from './raw-map.ts';
import { allSteps, rawPipeline } from './raw-pipeline.ts';

/** What the file of one pipeline has to know of another. */
export interface KnownPipeline {
  name: string;
  covers: Covers;
  /** The names of its params. */
  params: string[];
  /** The pipelines whose run of the same interval must be done for its own to end. */
  waitsFor: string[];
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** What can be known of a pipeline by its file's value, right or wrong; undefined without a name. */
export function knownPipeline(value: unknown): KnownPipeline | undefined {
  const raw = rawPipeline(value);
  const { name, schedule, params, after } = raw.root;
  if (!isText(name)) return undefined;
  const before: unknown[] = Array.isArray(after) ? after : [];
  const children = allSteps(raw).flatMap(({ fields: { pipeline } }) =>
    isRawMap(pipeline) && pipeline['interval'] === undefined ? pipeline['name'] : [],
  );
  const covers = isRawMap(schedule) && isText(schedule['covers']) ? schedule['covers'] : 'day';
  return {
    name,
    covers: covers as Covers,
    params: isRawMap(params) ? Object.keys(params) : [],
    waitsFor: [...before, ...children].filter(isText),
  };
}

/** The names on a way from one that `start` waits for back to `start`, in that order; undefined without one. */
export function circleThrough(
  start: string,
  next: string,
  known: readonly KnownPipeline[],
): string[] | undefined {
  const tried = new Set<string>();
  const search = (name: string): string[] | undefined => {
    if (name === start) return [start];
    if (tried.has(name)) return undefined;
    tried.add(name);
    for (const further of known.find((one) => one.name === name)?.waitsFor ?? []) {
      const way = search(further);
      if (way) return [name, ...way];
    }
    return undefined;
  };
  return search(next);
}
