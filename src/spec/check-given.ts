import { exampleOf, resolveParams, type ParamDefinitions, type Params } from '../domain/params.ts';
import type { Problem } from './problem.ts';
import type { RawMap } from './raw-map.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** Values that a place of a file gives to a pipeline. */
export interface GivenParams {
  values: RawMap;
  /** Where they stand, or would stand. */
  path: Path;
  /** How to give one that is missing; the text is like `since: 2001-01-05`. */
  mend(text: string): string;
}

/** That the pipeline takes the values, as far as it has such params, and that it has all that it requires. */
export function checkGiven(
  source: YamlSource,
  definitions: ParamDefinitions,
  { values, path, mend }: GivenParams,
): Problem[] {
  const isKnown = ([name]: [string, unknown]): boolean => Object.hasOwn(definitions, name);
  const given = Object.fromEntries(Object.entries(values).filter(isKnown)) as Params;
  return resolveParams(definitions, given).problems.map(({ param, message, fix }): Problem => {
    const example = exampleOf(definitions[param]?.type ?? 'any');
    if (!Object.hasOwn(given, param))
      return { ...source.place(path), code: 'missing-field', message, fix: mend(`${param}: ${example}`) };
    const place = source.place([...path, param]);
    if (given[param] !== null) return { ...place, code: 'wrong-type', message, fix };
    const otherwise = definitions[param]?.required ? '' : ', or leave it out';
    return { ...place, code: 'missing-field', message, fix: `write it like ${example}${otherwise}` };
  });
}
