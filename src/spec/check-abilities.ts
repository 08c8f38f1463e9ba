import { PUSH_WITHOUT_QUEUE } from '../domain/refusals.ts';
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
    const { says, fix } = PUSH_WITHOUT_QUEUE;
    const unheard: Problem[] =
      args['push'] === true && able.push === false
        ? [
            {
              ...source.placeOfKey([...path, 'push']),
              code: 'engine-cannot',
              message: `the engine ${engine} ${says}`,
              fix,
            },
          ]
        : [];
    const unable = commands.flatMap((command: unknown, index) =>
      Object.entries(isRawMap(command) ? command : {}).flatMap(([own, inner]) =>
        isRawMap(inner)
          ? checkAbilities(source, own, inner, [...path, 'commands', index, own], engine, able)
          : [],
      ),
    );
    return [...unheard, ...unable];
  }
  const place = source.placeOfKey(path);
  if (!able.kinds.includes(kind as JobKind)) {
    const message = `the engine ${engine} can't run ${kind}`;
    const fix = `take another engine, or one of ${able.kinds.join(', ')}`;
    return [{ ...place, code: 'engine-cannot', message, fix }];
  }
  const form = kind === 'spark' ? SPARK_FORMS.find((name) => args[name] !== undefined) : undefined;
  if (form !== undefined && able.spark && !able.spark.includes(form)) {
    const message = `the engine ${engine} takes no ${form} for spark`;
    const fix = `take another engine, or one of ${able.spark.join(', ')}`;
    return [{ ...source.placeOfKey([...path, form]), code: 'engine-cannot', message, fix }];
  }
  return (able.refusals ?? [])
    .filter((refusal) => refusal.kind === kind && refusal.isIn(args))
    .map(({ field, says, fix }) => ({
      ...source.placeOfKey([...path, field]),
      code: 'engine-cannot',
      message: `the engine ${engine} ${says}`,
      fix,
    }));
}
