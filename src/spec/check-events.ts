import type { Covers } from '../domain/definition.ts';
import { EventPath, fixedStart } from '../domain/event-path.ts';
import { SourceMatcher } from '../domain/event-source.ts';
import { coversOf } from './known-pipeline.ts';
import { paramDefinitions } from './params.ts';
import { whatAndFix, type Problem } from './problem.ts';
import { isRawMap, type RawMap } from './raw-map.ts';
import type { Path, YamlSource } from './yaml-source.ts';

const EMPTY = { settleMs: 0, lateSettleMs: 0, late: 'report', lateWindowMs: 0 } as const;

interface Entry {
  path: Path;
  matcher: SourceMatcher;
}

/**
 * That each path of `events` says which interval it is of, in one way, that no two take the same files, and that a run
 * needs nothing that new data can not give.
 */
export function checkEvents(source: YamlSource, root: RawMap): Problem[] {
  const events = Array.isArray(root['events']) ? (root['events'] as unknown[]) : [];
  const covers = coversOf(root);
  const entries: Entry[] = [];
  const problems = events.flatMap((event, at): Problem[] => {
    if (!isRawMap(event)) return [];
    const path: Path = ['events', at];
    return [
      ...checkRule(source, event, path),
      ...checkPath(source, event, path, covers, (entry) => entries.push(entry)),
    ];
  });
  return [
    ...problems,
    ...checkOverlaps(source, entries),
    ...(events.length > 0 ? checkRequired(source, root) : []),
  ];
}

/** New data can't say what a param is to be. */
const checkRequired = (source: YamlSource, { params }: RawMap): Problem[] =>
  Object.entries(paramDefinitions(params))
    .filter(([, { required }]) => required)
    .map(([name]) => ({
      ...source.placeOfKey(['params', name, 'required']),
      code: 'conflicting-fields',
      message: `${name} is required, and new data that starts a run gives no params`,
      fix: 'give it a default instead, or leave events out',
    }));

function checkRule(source: YamlSource, { count, marker }: RawMap, path: Path): Problem[] {
  if (count === undefined || marker === undefined) return [];
  const place = source.placeOfKey([...path, 'marker']);
  const message = 'count and marker both say when the data is complete';
  return [{ ...place, code: 'conflicting-fields', message, fix: 'leave one of them out' }];
}

function checkPath(
  source: YamlSource,
  { s3, path: text, marker }: RawMap,
  path: Path,
  covers: Covers,
  add: (entry: Entry) => void,
): Problem[] {
  if (typeof text !== 'string' || !isRawMap(s3) || typeof s3['bucket'] !== 'string') return [];
  try {
    new EventPath(text, covers);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return [
      { ...source.place([...path, 'path']), code: 'bad-path', ...whatAndFix(words, 'write another path') },
    ];
  }
  const prefix = typeof s3['prefix'] === 'string' ? s3['prefix'] : '';
  const start = fixedStart(text);
  if (!start.startsWith(prefix)) {
    const message = `the path begins with ${JSON.stringify(start)} and not with the prefix ${JSON.stringify(prefix)}`;
    const fix =
      'write the whole key as the path, and as the prefix what it begins with, or leave the prefix out';
    return [{ ...source.place([...path, 's3', 'prefix']), code: 'bad-path', message, fix }];
  }
  const named = typeof marker === 'string' && !/[/{}]/.test(marker) ? { marker } : {};
  let matcher: SourceMatcher;
  try {
    matcher = new SourceMatcher({ ...EMPTY, ...named, bucket: s3['bucket'], prefix, path: text }, covers);
  } catch {
    const message = `the folder of the path, in which the marker stands, doesn't say which ${covers} it is of`;
    const fix = 'write the captures into the names of folders, or take settle or count';
    return [{ ...source.place([...path, 'marker']), code: 'bad-path', message, fix }];
  }
  add({ path: [...path, 'path'], matcher });
  return [];
}

/** A file that two entries take would count for both: which of them is complete would be chance. */
function checkOverlaps(source: YamlSource, entries: Entry[]): Problem[] {
  return entries.flatMap((entry, at): Problem[] => {
    const before = entries.slice(0, at).findIndex(({ matcher }) => matcher.mayMeet(entry.matcher));
    if (before < 0) return [];
    const message = `a file may belong to this entry and to entry ${before + 1} of events`;
    const fix = 'write paths that no key fits both of';
    return [{ ...source.place(entry.path), code: 'ambiguous-path', message, fix }];
  });
}
