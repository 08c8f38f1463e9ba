import { checkGiven } from './check-given.ts';
import { didYouMean } from './did-you-mean.ts';
import { paramDefinitions } from './params.ts';
import type { Problem } from './problem.ts';
import { isRawMap, type RawMap } from './raw-map.ts';
import type { Path, YamlSource } from './yaml-source.ts';

interface Entry {
  path: Path;
  params: RawMap;
  /** How to give it a param that is missing; the text is like `since: 2001-01-05`. */
  mend(text: string): string;
}

/** That the runs of each entry of a schedule get parameters that the pipeline takes, and all that it requires. */
export function checkSchedule(source: YamlSource, root: RawMap): Problem[] {
  const schedule = isRawMap(root['schedule']) ? root['schedule'] : {};
  const definitions = paramDefinitions(root['params']);
  const known = Object.keys(definitions);
  const entries = ['cron', 'calendar', 'interval'].flatMap((field) => entriesOf(schedule[field], field));
  return entries.flatMap(({ path, params, mend }) => {
    const unknown = Object.keys(params)
      .filter((name) => !known.includes(name))
      .map((name) => ({
        ...source.placeOfKey([...path, name]),
        code: 'unknown-param' as const,
        message: `there is no param ${name}`,
        fix: known.length === 0 ? `add params: { ${name}: … } to the file` : didYouMean(name, known),
      }));
    return [...unknown, ...checkGiven(source, definitions, { values: params, path, mend })];
  });
}

function entriesOf(value: unknown, field: string): Entry[] {
  const entries = Array.isArray(value)
    ? value.map((entry: unknown, at): [unknown, Path] => [entry, ['schedule', field, at]])
    : [[value, ['schedule', field]] as [unknown, Path]];
  return entries.flatMap(([entry, place]): Entry[] => {
    const path = [...place, 'params'];
    if (typeof entry === 'string') {
      const ticks = field === 'interval' ? 'every' : field;
      const mend = (text: string) => `write { ${ticks}: …, params: { ${text} } }, ${OR_DEFAULT}`;
      return [{ path, params: {}, mend }];
    }
    if (!isRawMap(entry)) return [];
    if (isRawMap(entry['params']))
      return [{ path, params: entry['params'], mend: (text) => `add ${text}, ${OR_DEFAULT}` }];
    return [{ path, params: {}, mend: (text) => `add params: { ${text} }, ${OR_DEFAULT}` }];
  });
}

const OR_DEFAULT = 'or give it a default';
