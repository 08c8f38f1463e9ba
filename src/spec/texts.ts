import type { RawPipeline, RawStep } from './raw-pipeline.ts';
import { isRawMap } from './raw-pipeline.ts';
import type { Path } from './yaml-source.ts';

/** How the `${…}` of a text is meant, or that the text is CEL as a whole. */
export type TextKind = 'cel' | 'expect' | 'sql' | 'template' | 'fileSet';

/** A text of a step that is evaluated in a run. */
export interface StepText {
  kind: TextKind;
  path: Path;
  text: string;
  /** The text is what this file holds; `path` is then that of the file's name. */
  file?: string;
}

/** Fields whose texts name a thing of the configuration, or are of a few words or names. */
const PLAIN: readonly string[] = ['engine', 'warehouse', 'webhook', 'release', 'mode', 'uniqueKey'];

/** What a text is, by its path: list, index, kind (or `when`), field, and what is inside of the field. */
function kindOf([, , kind, field, ...inner]: Path): TextKind | undefined {
  if (kind === 'when') return 'cel';
  if (PLAIN.includes(String(field))) return undefined;
  if (inner.length > 1) return 'template';
  if (inner.length === 1) return kind === 'sql' && field === 'inputs' ? 'fileSet' : 'template';
  if (field === 'query' || field === 'where') return 'sql';
  if (field === 'expect') return 'expect';
  return kind === 'redshiftCopy' && field === 'from' ? 'fileSet' : 'template';
}

function textsIn(value: unknown, path: Path): { path: Path; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => textsIn(item, [...path, index]));
  return isRawMap(value) ? Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key])) : [];
}

/** All texts of a step that are evaluated; those of query files come with `files`. */
export function stepTexts(step: RawStep, files: ReadonlyMap<string, string>): StepText[] {
  return ['when', ...step.kinds].flatMap((field) =>
    textsIn(step.fields[field], [...step.path, field]).flatMap(({ path, text }): StepText[] => {
      if (path.length === 5 && path[3] === 'query' && path[4] === 'file') {
        const content = files.get(text);
        return content === undefined ? [] : [{ kind: 'sql', path, text: content, file: text }];
      }
      const kind = kindOf(path);
      return kind ? [{ kind, path, text }] : [];
    }),
  );
}

/** The names of the files that queries are in, as written. */
export const queryFiles = ({ steps, onFailure }: RawPipeline): { path: Path; name: string }[] =>
  [...steps, ...onFailure].flatMap((step) =>
    step.kinds.flatMap((kind) => {
      const args = step.fields[kind];
      const query = isRawMap(args) ? args['query'] : undefined;
      const name = isRawMap(query) ? query['file'] : undefined;
      return typeof name === 'string' ? [{ path: [...step.path, kind, 'query', 'file'], name }] : [];
    }),
  );

/** Every text of the file, wherever it stands. */
export const allTexts = (root: unknown): { path: Path; text: string }[] => textsIn(root, []);
