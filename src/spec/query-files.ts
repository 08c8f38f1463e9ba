import { dirname, join } from 'node:path';
import { LineCounter } from 'yaml';
import type { Place, Problem } from './problem.ts';
import { rawPipeline } from './raw-pipeline.ts';
import { readText } from './read-text.ts';
import { queryFiles } from './texts.ts';
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
      const file = join(files.#folder, name);
      const read = await readText(file);
      if ('text' in read) files.texts.set(name, read.text);
      else {
        const message = `${file} can't be read: ${read.reason}`;
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
