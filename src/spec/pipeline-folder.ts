import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { glob } from 'tinyglobby';
import type { Definition } from '../domain/definition.ts';
import { EtlError } from '../domain/failure.ts';
import type { PipelineSource } from '../ports.ts';
import { loadPipeline } from './load.ts';
import type { Problem } from './problem.ts';

/** What is wrong with files is believed when none has changed for so long: until then somebody may be writing one. */
const SETTLED_MS = 1_000;
const LOOK_AGAIN_MS = 100;
const MOST_LOOKS = 30;

/** The pipeline files of a configuration, by the names in them. Read anew each time, so that an edit counts at once. */
export class PipelineFolder implements PipelineSource {
  readonly #patterns: string[];
  readonly #folder: string;
  #valid = new Map<string, { stamp: string; definition: Definition }>();

  /** `patterns` are globs, relative to `folder`. */
  constructor(patterns: string[], folder: string) {
    this.#patterns = patterns;
    this.#folder = folder;
  }

  /** All of them; `Rejected` names each error, and each name that two files have. */
  async loadAll(): Promise<Definition[]> {
    const files = await this.#loadFiles(await this.files());
    const known = files.flatMap((file) => file.known ?? []);
    const loaded = await Promise.all(
      files.map(async (loaded) =>
        loaded.known?.refersTo.length
          ? { ...loaded, ...(await loadPipeline(loaded.file, undefined, known)) }
          : loaded,
      ),
    );
    const problems = loaded.flatMap(({ problems }) => problems);
    if (problems.length > 0) throw rejected(words(problems, '\n'));
    const definitions = loaded.flatMap(({ definition }) => definition ?? []);
    for (const { name, file } of definitions) {
      const other = definitions.find((of) => of.name === name && of.file !== file);
      if (other) throw rejected(`${file} and ${other.file} are both called ${name}; rename one`);
    }
    return definitions;
  }

  /**
   * Those that have no errors; what is wrong with the others is told to whoever runs them. To ask again and again is
   * cheap: one that was valid is loaded again only when its file has changed.
   */
  async loadValid(): Promise<Definition[]> {
    const before = this.#valid;
    const now: typeof before = new Map();
    for (const file of await this.files()) {
      const stamp = await stampOf(file);
      const known = before.get(file);
      const definition = known?.stamp === stamp ? known.definition : (await loadPipeline(file)).definition;
      if (definition) now.set(file, { stamp, definition });
    }
    this.#valid = now;
    return [...now.values()].map(({ definition }) => definition);
  }

  /** The one of that name; `Rejected` says what is wrong with its file, or that there is none. */
  async load(name: string): Promise<Definition> {
    for (let look = 1; ; look += 1) {
      try {
        return await this.#loadNow(name);
      } catch (error) {
        if (look === MOST_LOOKS || (await this.#isSettled())) throw error;
        await sleep(LOOK_AGAIN_MS);
      }
    }
  }

  async #isSettled(): Promise<boolean> {
    const changed = await Promise.all((await this.files()).map(changedAt));
    return changed.every((at) => Math.abs(Date.now() - at) > SETTLED_MS);
  }

  async #loadNow(name: string): Promise<Definition> {
    const files = await this.files();
    // Whatever else is in it, the file has the name in it: the others need not be parsed.
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    const loaded = await this.#loadFiles(files.filter((_, at) => texts[at]?.includes(name)));
    const found = loaded.filter(({ definition }) => definition?.name === name);
    const [first, second] = found;
    if (first && second)
      throw rejected(`${first.file} and ${second.file} are both called ${name}; rename one`);
    if (first?.definition) return first.definition;

    for (const { file, problems } of loaded) {
      if (problems.length > 0 && (await says(file, name)))
        throw rejected(`${name} has errors: ${words(problems)}`);
    }
    const names = (await this.#loadFiles(files)).flatMap(({ definition }) => definition?.name ?? []);
    throw rejected(
      `no pipeline is called ${name}; ${this.#patterns.join(', ')} in ${this.#folder} has: ${names.join(', ') || 'none'}`,
    );
  }

  /** The paths of the files. */
  async files(): Promise<string[]> {
    return (await glob(this.#patterns, { cwd: this.#folder, absolute: true })).sort();
  }

  async #loadFiles(files: string[]) {
    return Promise.all(files.map(async (file) => ({ file, ...(await loadPipeline(file)) })));
  }
}

/** In ms; of a file that has just gone, now. */
const changedAt = (file: string): Promise<number> =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  );

/** Changes with the file; empty where it is gone. */
async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(file);
    return [mtimeMs, ctimeMs, size, ino].join();
  } catch {
    return '';
  }
}

const rejected = (message: string): EtlError => new EtlError('Rejected', message);

/** Whether a file that can't be loaded is the one of that name. */
const says = async (file: string, name: string): Promise<boolean> =>
  new RegExp(`^name:\\s*["']?${name.replaceAll(/\W/g, '\\$&')}["']?\\s*(#.*)?$`, 'm').test(
    await readFile(file, 'utf8'),
  );

const words = (problems: Problem[], between = ' '): string =>
  problems
    .map(({ file, line, column, message, fix }) => `${file}:${line}:${column}: ${message}; ${fix}`)
    .join(between);
