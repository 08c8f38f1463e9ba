import { didYouMean } from './did-you-mean.ts';
import type { Problem } from './problem.ts';
import { isRawMap, type RawMap } from './raw-map.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** That the parameters which entries of a schedule bring are parameters of the pipeline. */
export function checkSchedule(source: YamlSource, root: RawMap): Problem[] {
  const schedule = isRawMap(root['schedule']) ? root['schedule'] : {};
  const known = isRawMap(root['params']) ? Object.keys(root['params']) : [];
  const entries = ['cron', 'calendar', 'interval'].flatMap((field) => entriesOf(schedule[field], field));
  return entries.flatMap(({ path, params }) =>
    Object.keys(params)
      .filter((name) => !known.includes(name))
      .map((name) => ({
        ...source.placeOfKey([...path, name]),
        code: 'unknown-param' as const,
        message: `there is no param ${name}`,
        fix: known.length === 0 ? `add params: { ${name}: … } to the file` : didYouMean(name, known),
      })),
  );
}

function entriesOf(value: unknown, field: string): { path: Path; params: RawMap }[] {
  const entries = Array.isArray(value)
    ? value.map((entry: unknown, at): [unknown, Path] => [entry, ['schedule', field, at]])
    : [[value, ['schedule', field]] as [unknown, Path]];
  return entries.flatMap(([entry, path]) =>
    isRawMap(entry) && isRawMap(entry['params'])
      ? [{ path: [...path, 'params'], params: entry['params'] }]
      : [],
  );
}
