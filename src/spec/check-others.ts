import { checkGiven } from './check-given.ts';
import { didYouMean } from './did-you-mean.ts';
import { circleThrough, knownPipeline, referencesOf, type KnownPipeline } from './known-pipeline.ts';
import type { Problem } from './problem.ts';
import type { RawPipeline } from './raw-pipeline.ts';
import type { RawMap } from './raw-map.ts';
import { allTexts } from './texts.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/**
 * That `after` and steps of the kind `pipeline` name pipelines that there are, with params that those have, for an
 * interval that those have too, and in no circle. `known` are the others, where a configuration is at hand.
 */
export function checkOthers(
  source: YamlSource,
  raw: RawPipeline,
  known: readonly KnownPipeline[] | undefined,
): Problem[] {
  const own = knownPipeline(raw.root);
  if (!own) return [];
  const all = [own, ...(known ?? []).filter(({ name }) => name !== own.name)];

  return referencesOf(raw).flatMap(({ name, path, isSame, kind, params }): Problem[] => {
    const place = source.place(path);
    const other = all.find((one) => one.name === name);
    if (!other) {
      if (!known) return [];
      const names = all.map((one) => one.name).filter((one) => one !== own.name);
      const message = `no pipeline is called ${name}`;
      return [{ ...place, code: 'unknown-pipeline', message, fix: didYouMean(name, names) }];
    }
    const circle = isSame ? circleThrough(own.name, name, all) : undefined;
    if (circle) {
      const message = `${[own.name, ...circle].join(' waits for ')}: none of them could ever be done`;
      return [{ ...place, code: 'cycle', message, fix: 'take one of these out' }];
    }
    if (isSame && other.covers !== own.covers) {
      const message = `${own.name} covers a ${own.covers} and ${name} a ${other.covers}: they have no interval in common`;
      const fix = kind === 'after' ? 'let both cover the same' : 'say for which interval it is to run';
      return [{ ...place, code: 'conflicting-fields', message, fix }];
    }
    return kind === 'after' ? [] : checkParams(source, other, params, [...path.slice(0, -1), 'params']);
  });
}

function checkParams(source: YamlSource, other: KnownPipeline, params: RawMap, path: Path): Problem[] {
  const unknown = Object.keys(params)
    .filter((param) => !Object.hasOwn(other.params, param))
    .map((param): Problem => {
      const place = source.placeOfKey([...path, param]);
      const message = `${other.name} has no param ${param}`;
      return { ...place, code: 'unknown-param', message, fix: didYouMean(param, Object.keys(other.params)) };
    });
  const isPlain = (name: string): boolean => !isTemplate(params[name]);
  const literals = Object.fromEntries(Object.entries(params).filter(([name]) => isPlain(name)));
  const judged = Object.fromEntries(Object.entries(other.params).filter(([name]) => isPlain(name)));
  const mend = (text: string) => (Object.keys(params).length > 0 ? `add ${text}` : `add params: { ${text} }`);
  return [...unknown, ...checkGiven(source, judged, { values: literals, path, mend })];
}

/** What it comes to is known in a run only. */
const isTemplate = (value: unknown): boolean => allTexts(value).some(({ text }) => text.includes('${'));
