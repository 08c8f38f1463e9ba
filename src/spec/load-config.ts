import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseDuration } from '../domain/duration.ts';
import type { Connections } from './check-connections.ts';
import { abilitiesOf } from './engines.ts';
import { configSchema, type ConfigFile } from './config-schema.ts';
import { sortedProblems, type Problem } from './problem.ts';
import { isRawMap } from './raw-map.ts';
import { readYaml } from './read-yaml.ts';
import { SchemaProblems } from './schema-problems.ts';
import type { YamlSource } from './yaml-source.ts';

export { resolveReference, secretsIn } from './reference.ts';

export const CONFIG_NAME = 'millrace.yaml';

/** What millrace.yaml says, with defaults; texts may still hold `${env:NAME}`, for `resolveReference`. */
export type Config = Omit<ConfigFile, 'heartbeatTimeout' | 'pollInterval'> & {
  /** The file that it was read from: relative paths in it start in its folder. */
  file: string;
  heartbeatTimeoutMs: number;
  pollIntervalMs: number;
};

export type { EngineConfig, EngineTypeName } from './engines.ts';

export interface LoadedConfig {
  config?: Config;
  problems: Problem[];
}

function checkWarehouses(source: YamlSource, value: unknown): Problem[] {
  const warehouses = isRawMap(value) && isRawMap(value['warehouses']) ? value['warehouses'] : {};
  return Object.entries(warehouses).flatMap(([name, warehouse]): Problem[] => {
    if (!isRawMap(warehouse)) return [];
    const path = ['warehouses', name];
    if (warehouse['workgroup'] !== undefined && warehouse['cluster'] !== undefined) {
      const message = `${name} has a workgroup and a cluster`;
      return [
        {
          ...source.placeOfKey([...path, 'cluster']),
          code: 'conflicting-fields',
          message,
          fix: 'leave one of them out',
        },
      ];
    }
    if (warehouse['workgroup'] !== undefined || warehouse['cluster'] !== undefined) return [];
    const message = `${name} has no workgroup`;
    return [
      { ...source.place(path), code: 'missing-field', message, fix: 'add its workgroup, or its cluster' },
    ];
  });
}

function checkEngines(source: YamlSource, value: unknown): Problem[] {
  const engines = isRawMap(value) && isRawMap(value['engines']) ? value['engines'] : {};
  return Object.entries(engines).flatMap(([name, engine]): Problem[] => {
    if (!isRawMap(engine) || engine['type'] !== 'livy') return [];
    const [has, lacks] = engine['user'] === undefined ? ['password', 'user'] : ['user', 'password'];
    if (engine[has] === undefined || engine[lacks] !== undefined) return [];
    const place = source.placeOfKey(['engines', name, has]);
    const message = `${name} has a ${has} and no ${lacks}`;
    const fix = `add ${lacks}: \${env:NAME}, or leave ${has} out`;
    return [{ ...place, code: 'missing-field', message, fix }];
  });
}

/** Reads and checks a configuration. Never throws for what is in the file, nor when it isn't there. */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const { source, value, problems: faults } = await readYaml(file);
  if (!source) return { problems: faults };
  // An empty file is a configuration of defaults.
  const parsed = configSchema.safeParse(value ?? {});
  const found = new SchemaProblems(source, value, configSchema).of(parsed.error?.issues ?? []);
  const problems = sortedProblems(
    [...faults, ...found, ...checkWarehouses(source, value), ...checkEngines(source, value)],
    file,
  );
  if (problems.length > 0 || !parsed.data) return { problems };

  const { heartbeatTimeout, pollInterval, ...rest } = parsed.data;
  const durations = {
    heartbeatTimeoutMs: parseDuration(heartbeatTimeout),
    pollIntervalMs: parseDuration(pollInterval),
  };
  return { config: { file, ...rest, ...durations }, problems };
}

/** The nearest millrace.yaml in a folder or above it. */
export function findConfig(startDir: string): string | undefined {
  const file = join(startDir, CONFIG_NAME);
  if (existsSync(file)) return file;
  const parent = dirname(startDir);
  return parent === startDir ? undefined : findConfig(parent);
}

/** The names of a configuration's connections, to check pipelines against. */
export const connectionsOf = ({ engines, warehouses, webhooks, topics }: Config): Connections => ({
  engines: Object.keys(engines),
  warehouses: Object.keys(warehouses),
  webhooks: Object.keys(webhooks),
  abilities: Object.fromEntries(Object.entries(engines).map(([name, engine]) => [name, abilitiesOf(engine)])),
  topics: Object.keys(topics),
});
