import { checkAbilities } from './check-abilities.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Problem } from './problem.ts';
import { isRawMap } from './raw-map.ts';
import type { RawPipeline, RawStep } from './raw-pipeline.ts';
import type { Abilities } from './engines.ts';
import { KIND_SPECS } from './steps/index.ts';
import type { KindSpec } from './steps/kind.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** The names that a configuration has. */
export interface Connections {
  engines: readonly string[];
  warehouses: readonly string[];
  webhooks: readonly string[];
  /** What the engines can do, where that is known. */
  abilities?: Readonly<Record<string, Abilities>>;
}

type ConnectionField = NonNullable<KindSpec['connection']>;

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
      const field = (KIND_SPECS[kind] as unknown as KindSpec).connection;
      const args = fields[kind];
      if (!field || !isRawMap(args)) return [];
      const name = args[field];
      const used = name ?? defaults[field];
      const able =
        field === 'engine' && typeof used === 'string' ? connections?.abilities?.[used] : undefined;
      const unable = able ? checkAbilities(source, kind, args, [...path, kind], String(used), able) : [];
      if (name !== undefined) return [...checkName(field, name, [...path, kind, field]), ...unable];
      // A webhook has no default: the schema asks for it.
      if (field === 'webhook' || defaults[field] !== undefined) return unable;
      const message = `${kind} doesn't say which ${field} it uses`;
      const fix = `add ${field}: NAME here, or defaults: { ${field}: NAME } for all steps`;
      return [{ ...source.placeOfKey([...path, kind]), code: 'missing-connection', message, fix }];
    });

  return [
    ...checkName('engine', defaults['engine'], ['defaults', 'engine']),
    ...checkName('warehouse', defaults['warehouse'], ['defaults', 'warehouse']),
    ...[...raw.steps, ...raw.onFailure].flatMap(checkStep),
  ];
}
