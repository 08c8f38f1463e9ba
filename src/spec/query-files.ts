import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LineCounter } from 'yaml';
import type { Place, Problem } from './problem.ts';
import { queryFiles } from './texts.ts';
import { rawPipeline } from './raw-pipeline.ts';
import type { YamlSource } from './yaml-source.ts';

/** The files that the queries of a pipeline are in. */
export class QueryFiles {
  /** What the files hold, by their names as written. */
  readonly texts = new Map<string, string>();
  readonly problems: Problem[] = [];
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads all that the pipeline names; those that can't be read are problems. */
  static async read(source: YamlSource, value: unknown): Promise<QueryFiles> {
    const files = new QueryFiles(dirname(source.file));
    for (const { name, path } of queryFiles(rawPipeline(value))) {
      try {
        files.texts.set(name, await readFile(join(files.#folder, name), 'utf8'));
      } catch (error) {
        const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
        const message = `${join(files.#folder, name)} can't be read: ${reason}`;
        const fix = 'write the path relative to the pipeline file';
        files.problems.push({ ...source.place(path), code: 'missing-file', message, fix });
      }
    }
    return files;
  }

  /** Where a character of a file stands. */
  place(name: string, offset: number): Place {
    const text = this.texts.get(name) ?? '';
    const lines = new LineCounter();
    lines.addNewLine(0);
    for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
    const { line, col } = lines.linePos(offset);
    return { file: join(this.#folder, name), line, column: col };
  }
}
