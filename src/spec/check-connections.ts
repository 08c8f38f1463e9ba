import { checkAbilities } from './check-abilities.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Problem } from './problem.ts';
import { isRawMap } from './raw-map.ts';
import { allSteps, type RawPipeline, type RawStep } from './raw-pipeline.ts';
import type { Abilities } from './engines.ts';
import { KIND_SPECS } from './steps/index.ts';
import type { ConnectionField, KindSpec } from './steps/kind.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** The names that a configuration has. */
export interface Connections {
  engines: readonly string[];
  warehouses: readonly string[];
  webhooks: readonly string[];
  /** What the engines can do, where that is known. */
  abilities?: Readonly<Record<string, Abilities>>;
  topics: readonly string[];
}

/** That every step knows its connection, and, where a configuration is at hand, that it has one of that name. */
export function checkConnections(
  source: YamlSource,
  raw: RawPipeline,
  connections: Connections | undefined,
): Problem[] {
  const defaults = isRawMap(raw.root['defaults']) ? raw.root['defaults'] : {};

  const checkName = (field: ConnectionField, name: unknown, path: Path): Problem[] => {
    const known = connections?.[`${field}s`];
    if (!known || typeof name !== 'string' || known.includes(name)) return [];
    const message = `the configuration has no ${field} ${name}`;
    return [{ ...source.place(path), code: 'unknown-connection', message, fix: didYouMean(name, known) }];
  };

  const checkStep = ({ fields, kinds, path }: RawStep): Problem[] =>
    kinds.flatMap((kind) => {
      const { connection = [] } = KIND_SPECS[kind] as unknown as KindSpec;
      const options = [connection].flat();
      const args = fields[kind];
      if (options.length === 0 || !isRawMap(args)) return [];
      const used = args['engine'] ?? defaults['engine'];
      const able =
        options.includes('engine') && typeof used === 'string' ? connections?.abilities?.[used] : undefined;
      const unable = able ? checkAbilities(source, kind, args, [...path, kind], String(used), able) : [];
      const named = options.filter((field) => args[field] !== undefined);
      if (named.length > 1) {
        const place = source.placeOfKey([...path, kind, named[1] ?? '']);
        const message = `${kind} uses one of ${named.join(' and ')}`;
        return [{ ...place, code: 'conflicting-fields', message, fix: 'make a step of each' }];
      }
      if (named.length > 0) {
        const known = named.flatMap((field) => checkName(field, args[field], [...path, kind, field]));
        return [...known, ...unable];
      }
      if (options.some((field) => defaults[field] !== undefined)) return unable;
      const message = `${kind} doesn't say which ${options.join(' or ')} it uses`;
      const here = options.map((field) => `${field}: NAME`).join(' or ');
      const hasDefault = options.some((field) => field === 'engine' || field === 'warehouse');
      const fix = `add ${here} here${hasDefault ? `, or defaults: { ${here} } for all steps` : ''}`;
      return [{ ...source.placeOfKey([...path, kind]), code: 'missing-connection', message, fix }];
    });

  return [
    ...checkName('engine', defaults['engine'], ['defaults', 'engine']),
    ...checkName('warehouse', defaults['warehouse'], ['defaults', 'warehouse']),
    ...allSteps(raw).flatMap(checkStep),
  ];
}
