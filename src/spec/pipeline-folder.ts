import { readFile } from 'node:fs/promises';
import { glob } from 'tinyglobby';
import type { Definition } from '../domain/definition.ts';
import { EtlError } from '../domain/failure.ts';
import type { PipelineSource } from '../ports.ts';
import { loadPipeline } from './load.ts';
import type { Problem } from './problem.ts';

/** The pipeline files of a configuration, by the names in them. Read anew each time, so that an edit counts at once. */
export class PipelineFolder implements PipelineSource {
  readonly #patterns: string[];
  readonly #folder: string;

  /** `patterns` are globs, relative to `folder`. */
  constructor(patterns: string[], folder: string) {
    this.#patterns = patterns;
    this.#folder = folder;
  }

  async load(name: string): Promise<Definition> {
    const files = (await glob(this.#patterns, { cwd: this.#folder, absolute: true })).sort();
    const loaded = await Promise.all(files.map(async (file) => ({ file, ...(await loadPipeline(file)) })));
    const found = loaded.filter(({ definition }) => definition?.name === name);
    const [first, second] = found;
    if (first && second)
      throw rejected(`${first.file} and ${second.file} are both called ${name}; rename one`);
    if (first?.definition) return first.definition;

    for (const { file, problems } of loaded) {
      if (problems.length > 0 && (await says(file, name)))
        throw rejected(`${name} has errors: ${words(problems)}`);
    }
    const names = loaded.flatMap(({ definition }) => definition?.name ?? []);
    throw rejected(
      `no pipeline is called ${name}; ${this.#patterns.join(', ')} in ${this.#folder} has: ${names.join(', ') || 'none'}`,
    );
  }
}

const rejected = (message: string): EtlError => new EtlError('Rejected', message);

/** Whether a file that can't be loaded is the one of that name. */
const says = async (file: string, name: string): Promise<boolean> =>
  new RegExp(`^name:\\s*["']?${name.replaceAll(/\W/g, '\\$&')}["']?\\s*(#.*)?$`, 'm').test(
    await readFile(file, 'utf8'),
  );

const words = (problems: Problem[]): string =>
  problems
    .map(({ file, line, column, message, fix }) => `${file}:${line}:${column}: ${message}; ${fix}`)
    .join(' ');
