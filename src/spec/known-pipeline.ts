import { COVERS, type Covers } from '../domain/definition.ts';
import type { ParamDefinitions } from '../domain/params.ts';
import { paramDefinitions } from './params.ts';
import { isRawMap, type RawMap } from './raw-map.ts';
import { allSteps, rawPipeline, type RawPipeline } from './raw-pipeline.ts';
import type { Path } from './yaml-source.ts';

/** What the file of one pipeline has to know of another. */
export interface KnownPipeline {
  name: string;
  covers: Covers;
  params: ParamDefinitions;
  /** The pipelines that its file names. */
  refersTo: string[];
  /** The pipelines whose run of the same interval must be done for its own to end. */
  waitsFor: string[];
}

/** One place where a pipeline refers to another. */
export interface Reference {
  name: string;
  path: Path;
  /** Whether the run of the same interval is meant, which must be done for this one to end. */
  isSame: boolean;
  kind: 'after' | 'step';
  params: RawMap;
}

/** What can be known of a pipeline by its file's value, right or wrong; undefined without a name. */
export function knownPipeline(value: unknown): KnownPipeline | undefined {
  const raw = rawPipeline(value);
  const { name, params } = raw.root;
  if (typeof name !== 'string') return undefined;
  const references = referencesOf(raw);
  return {
    name,
    covers: coversOf(raw.root),
    params: paramDefinitions(params),
    refersTo: references.map((other) => other.name),
    waitsFor: references.filter(({ isSame }) => isSame).map((other) => other.name),
  };
}

/** What the intervals of a pipeline are; a day where the file doesn't say it, or wrongly. */
export function coversOf({ schedule }: RawMap): Covers {
  const covers = isRawMap(schedule) ? schedule['covers'] : undefined;
  return COVERS.find((one) => one === covers) ?? 'day';
}

export function referencesOf(raw: RawPipeline): Reference[] {
  const { after } = raw.root;
  const before = (Array.isArray(after) ? after : []).flatMap((name: unknown, at): Reference[] =>
    typeof name === 'string' ? [{ name, path: ['after', at], isSame: true, kind: 'after', params: {} }] : [],
  );
  const children = allSteps(raw).flatMap(({ path, fields: { pipeline } }): Reference[] => {
    if (!isRawMap(pipeline) || typeof pipeline['name'] !== 'string') return [];
    const { name, interval, params } = pipeline;
    const given = isRawMap(params) ? params : {};
    const isSame = interval === undefined;
    return [{ name, path: [...path, 'pipeline', 'name'], isSame, kind: 'step', params: given }];
  });
  return [...before, ...children];
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
