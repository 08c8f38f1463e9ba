import type { StepKind } from '../domain/definition.ts';
import { allSteps, type RawPipeline, type RawStep } from './raw-pipeline.ts';
import { isRawMap } from './raw-map.ts';
import { KIND_SPECS } from './steps/index.ts';
import { CONNECTION_FIELDS, type KindSpec } from './steps/kind.ts';
import type { Path } from './yaml-source.ts';

/** How the `${…}` of a text is meant, or that the text is CEL as a whole. A `select` is SQL of one statement, a `question` one that only reads in Redshift. */
export type TextKind = 'cel' | 'expect' | 'sql' | 'select' | 'question' | 'template' | 'fileSet';

/** A text of a step that is evaluated in a run. */
export interface StepText {
  kind: TextKind;
  path: Path;
  text: string;
  /** The text is what this file holds; `path` is then that of the file's name. */
  file?: string;
}

/** The way to a text inside of its step's arguments, with `*` for a place in a list. */
const wayTo = (inner: Path): string => inner.map((part) => (typeof part === 'number' ? '*' : part)).join('.');

const textsOf = (kind: StepKind): KindSpec['texts'] => KIND_SPECS[kind].texts;

/** What a text is, by its path: list, index, kind (or `when`), field, and what is inside of the field. */
function kindOf([, , kind, ...way]: Path): TextKind | undefined {
  if (kind === 'when') return 'cel';
  if (kind === 'forEach') return 'template';
  if ((CONNECTION_FIELDS as readonly unknown[]).includes(way[0])) return undefined;
  const texts = textsOf(kind as StepKind);
  const meant = texts[wayTo(way)] ?? texts[wayTo([...way.slice(0, -1), '*'])] ?? 'template';
  return meant === 'plain' ? undefined : meant;
}

/** How a file is meant whose name stands in `{ file: … }` at that path; undefined if it names no file of ours. */
function fileKind([, , kind, ...way]: Path): TextKind | 'plain' | undefined {
  return kind !== 'forEach' && way.at(-1) === 'file'
    ? textsOf(kind as StepKind)[wayTo(way.slice(0, -1))]
    : undefined;
}

function textsIn(value: unknown, path: Path): { path: Path; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => textsIn(item, [...path, index]));
  return isRawMap(value) ? Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key])) : [];
}

/** All texts of a step that are evaluated; those of query files come with `files`. */
export function stepTexts(step: RawStep, files: ReadonlyMap<string, string>): StepText[] {
  return ['when', 'forEach', ...step.kinds].flatMap((field) =>
    textsIn(step.fields[field], [...step.path, field]).flatMap(({ path, text }): StepText[] => {
      const meant = field === 'when' ? undefined : fileKind(path);
      if (meant !== undefined) {
        const content = files.get(text);
        return content === undefined || meant === 'plain'
          ? []
          : [{ kind: meant, path, text: content, file: text }];
      }
      const kind = kindOf(path);
      return kind ? [{ kind, path, text }] : [];
    }),
  );
}

/** The names of the files that queries and programs are in, as written. */
export const queryFiles = (raw: RawPipeline): { path: Path; name: string }[] =>
  allSteps(raw).flatMap((step) =>
    step.kinds.flatMap((kind) =>
      textsIn(step.fields[kind], [...step.path, kind]).flatMap(({ path, text }) =>
        fileKind(path) === undefined ? [] : [{ path, name: text }],
      ),
    ),
  );

/** Every text of the file, wherever it stands. */
export const allTexts = (root: unknown): { path: Path; text: string }[] => textsIn(root, []);
