import type { z } from 'zod';
import type { StepArgs } from '../../domain/definition.ts';
import type { CommandSpec } from '../../ports.ts';
import type { Problem } from '../problem.ts';
import { isRawMap } from '../raw-map.ts';
import type { Path, YamlSource } from '../yaml-source.ts';
import { engine } from './fields.ts';
import type { Build, KindCheck, KindSpec } from './kind.ts';

/** A kind of job that is a step by itself, or a command of a `chain`. */
export interface Command<Spec extends CommandSpec = CommandSpec, S extends z.ZodObject = z.ZodObject> {
  kind: Spec['kind'];
  /** Without `engine`. */
  schema: S;
  texts: KindSpec['texts'];
  job(args: z.output<S>, build: Build): Spec;
  /** What is wrong with the arguments at that path, beyond their form. */
  check(source: YamlSource, args: Record<string, unknown>, path: Path): Problem[];
}

export const command = <Spec extends CommandSpec, S extends z.ZodObject>(
  spec: Command<Spec, S>,
): Command<Spec, S> => spec;

/** The kind of step that is one such command on an engine. */
export function commandKind<Spec extends CommandSpec, S extends z.ZodObject>({
  kind,
  schema,
  texts,
  job,
  check,
}: Command<Spec, S>) {
  const withEngine = schema.extend({ engine: engine() }).meta(schema.meta() ?? {});
  return {
    schema: withEngine,
    connection: 'engine' as const,
    texts,
    build: ({ engine: own, ...args }: { engine?: string | undefined }, build: Build) =>
      ({
        engine: build.connection('engine', own),
        job: job(args as z.output<S>, build),
      }) as unknown as StepArgs[Spec['kind']],
    check: ({ source, step: { path, fields } }: KindCheck): Problem[] => {
      const args = fields[kind];
      return isRawMap(args) ? check(source, args, [...path, kind]) : [];
    },
  };
}

/** That of several fields, each of which says by itself what is meant, there is exactly one. */
export function exactlyOne(
  source: YamlSource,
  args: Record<string, unknown>,
  path: Path,
  names: readonly string[],
): Problem[] {
  const [first, second] = names.filter((name) => args[name] !== undefined);
  if (first === undefined) {
    const message = `${String(path.at(-1))} doesn't say what to run`;
    return [{ ...source.place(path), code: 'missing-field', message, fix: `add one of ${names.join(', ')}` }];
  }
  if (second === undefined) return [];
  const message = `${first} and ${second} both say what to run`;
  const fix = 'leave one of them out';
  return [{ ...source.placeOfKey([...path, second]), code: 'conflicting-fields', message, fix }];
}

/** That a field that only goes with another one doesn't stand alone, nor is missing beside it. */
export function goesWith(
  source: YamlSource,
  args: Record<string, unknown>,
  path: Path,
  { field, other, required }: { field: string; other: string; required: boolean },
): Problem[] {
  if (args[field] !== undefined && args[other] === undefined) {
    const message = `${field} goes with ${other}, and there is none`;
    return [
      { ...source.placeOfKey([...path, field]), code: 'conflicting-fields', message, fix: 'leave it out' },
    ];
  }
  if (!required || args[other] === undefined || args[field] !== undefined) return [];
  const message = `${other} needs ${field}`;
  return [{ ...source.placeOfKey([...path, other]), code: 'missing-field', message, fix: `add ${field}` }];
}
