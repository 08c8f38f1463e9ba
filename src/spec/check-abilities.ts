import type { JobKind } from '../ports.ts';
import type { Abilities } from './engines.ts';
import type { Problem } from './problem.ts';
import { isRawMap } from './raw-map.ts';
import { SPARK_FORMS } from './steps/spark.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** That an engine can do what a step asks of it. */
export function checkAbilities(
  source: YamlSource,
  kind: string,
  args: Record<string, unknown>,
  path: Path,
  engine: string,
  able: Abilities,
): Problem[] {
  if (kind === 'ensureCluster') return [];
  // Without chains of its own an engine runs the commands one after the other.
  if (kind === 'chain') {
    const commands = Array.isArray(args['commands']) ? args['commands'] : [];
    return commands.flatMap((command: unknown, index) =>
      Object.entries(isRawMap(command) ? command : {}).flatMap(([own, inner]) =>
        isRawMap(inner)
          ? checkAbilities(source, own, inner, [...path, 'commands', index, own], engine, able)
          : [],
      ),
    );
  }
  const place = source.placeOfKey(path);
  if (!able.kinds.includes(kind as JobKind)) {
    const message = `the engine ${engine} can't run ${kind}`;
    const fix = `take another engine, or one of ${able.kinds.join(', ')}`;
    return [{ ...place, code: 'engine-cannot', message, fix }];
  }
  if (kind !== 'spark' || !able.spark) return [];
  const form = SPARK_FORMS.find((name) => args[name] !== undefined);
  if (form === undefined || able.spark.includes(form)) return [];
  const message = `the engine ${engine} takes no ${form} for spark`;
  const fix = `take another engine, or one of ${able.spark.join(', ')}`;
  return [{ ...source.placeOfKey([...path, form]), code: 'engine-cannot', message, fix }];
}
