import { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { whatAndFix, type Problem, type ProblemCode } from './problem.ts';
import type { Path, YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** The parts of JSON Schema that say what may stand somewhere. */
interface Shape {
  type?: string;
  enum?: unknown[];
  examples?: unknown[];
  properties?: Record<string, Shape>;
  additionalProperties?: Shape | boolean;
  items?: Shape;
  anyOf?: Shape[];
}

const shapes = new WeakMap<z.ZodType, Shape>();

/** Made once for a schema: it takes longer than all else that is done with a file. */
function shapeOf(schema: z.ZodType): Shape {
  const known = shapes.get(schema);
  if (known) return known;
  const shape = z.toJSONSchema(schema, { io: 'input' }) as Shape;
  shapes.set(schema, shape);
  return shape;
}

const alternatives = (shape: Shape): Shape[] => [shape, ...(shape.anyOf ?? []).flatMap(alternatives)];

function shapeAt(shape: Shape, path: Path): Shape {
  const [step, ...rest] = path;
  if (step === undefined) return shape;
  for (const { items, properties, additionalProperties } of alternatives(shape)) {
    const child = typeof step === 'number' ? items : (properties?.[step] ?? additionalProperties);
    if (typeof child === 'object') return shapeAt(child, rest);
  }
  return {};
}

const fieldsAt = (shape: Shape, path: Path): string[] =>
  alternatives(shapeAt(shape, path)).flatMap(({ properties }) => Object.keys(properties ?? {}));

const TYPE_NAMES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of fields',
};

function expected(shape: Shape): string {
  const options = alternatives(shape).flatMap(({ type, enum: values, properties }) => {
    if (values) return [`one of ${values.join(', ')}`];
    if (properties) return [`{ ${Object.keys(properties).join(', ')} }`];
    return type === undefined ? [] : [TYPE_NAMES[type] ?? type];
  });
  const [example] = shape.examples ?? [];
  const like =
    example === undefined ? '' : `, like ${typeof example === 'string' ? example : JSON.stringify(example)}`;
  return (options.join(' or ') || 'something else') + like;
}

function found(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return TYPE_NAMES[typeof value] ?? typeof value;
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (at, step) => (at as Record<string | number, unknown> | undefined | null)?.[step],
    value,
  );

/** Picks the branch of a union that the value was meant for, so that what it says is about the value's own fields. */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const fits = (branch: Issue[]): boolean =>
    !branch.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
  const branch = issue.errors.find(fits);
  if (!branch) return [issue];
  return branch.flatMap(flatten).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** What a value has wrong by a schema, each with its place, all at once. */
export class SchemaProblems {
  readonly #source: YamlSource;
  readonly #value: unknown;
  readonly #shape: Shape;

  constructor(source: YamlSource, value: unknown, schema: z.ZodType) {
    this.#source = source;
    this.#value = value;
    this.#shape = shapeOf(schema);
  }

  of(issues: readonly Issue[]): Problem[] {
    return issues.flatMap(flatten).flatMap((issue) => this.#problems(issue, issue.path as Path));
  }

  /** The names of the fields that a value may have there. */
  fieldsAt(path: Path): string[] {
    return fieldsAt(this.#shape, path);
  }

  #problems(issue: Issue, path: Path): Problem[] {
    const name = path.length === 0 ? 'the file' : path.filter((step) => typeof step === 'string').at(-1);
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({
          ...this.#source.placeOfKey([...path, key]),
          code: 'unknown-field',
          message: `there is no field ${key} here`,
          fix: didYouMean(key, fieldsAt(this.#shape, path)),
        }));
      case 'custom': {
        const { code } = (issue.params ?? {}) as { code?: ProblemCode };
        return [
          {
            ...this.#source.place(path),
            code: code ?? 'wrong-type',
            ...whatAndFix(issue.message, 'write it in another way'),
          },
        ];
      }
      case 'invalid_key': {
        const told = issue.issues[0]?.message ?? issue.message;
        return [
          {
            ...this.#source.placeOfKey(path),
            code: 'wrong-type',
            ...whatAndFix(told, 'choose another name'),
          },
        ];
      }
      default: {
        const value = valueAt(this.#value, path);
        const types = issue.code === 'invalid_union' ? (issue as { options?: unknown[] }).options : undefined;
        const wanted = types ? `one of ${types.join(', ')}` : expected(shapeAt(this.#shape, path));
        if (value === undefined) {
          const place = this.#source.place(path.slice(0, -1));
          return [
            { ...place, code: 'missing-field', message: `${name} is missing`, fix: `add ${name}: ${wanted}` },
          ];
        }
        if (issue.code === 'too_small') {
          const message = Array.isArray(value) ? `${name} is empty` : `${name} is ${JSON.stringify(value)}`;
          return [
            {
              ...this.#source.place(path),
              code: 'wrong-type',
              message,
              fix: `write at least ${issue.minimum}`,
            },
          ];
        }
        const is = typeof value === 'object' ? found(value) : `${found(value)}, ${JSON.stringify(value)}`;
        return [
          {
            ...this.#source.place(path),
            code: 'wrong-type',
            message: `${name} is ${is}`,
            fix: `write ${wanted}`,
          },
        ];
      }
    }
  }
}
