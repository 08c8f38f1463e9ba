import { expect } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline, type Connections, type LoadedPipeline } from '../../src/spec/load.ts';

/** Loads a pipeline file of that text from a folder of its own, which is gone afterwards. */
export async function loadText(text: string, connections?: Connections): Promise<LoadedPipeline> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-load-'));
  try {
    const file = join(folder, 'pipeline.yaml');
    await writeFile(file, text);
    return await loadPipeline(file, connections);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `code line:column: message; fix` of each problem. */
export const words = ({ problems }: LoadedPipeline): string[] =>
  problems.map(({ code, line, column, message, fix }) => `${code} ${line}:${column}: ${message}; ${fix}`);

/** `code line:column` of each problem. */
export const places = ({ problems }: LoadedPipeline): string[] =>
  problems.map(({ code, line, column }) => `${code} ${line}:${column}`);

/** What a file begins with before its steps. */
export const HEAD = 'name: p\ndefaults: { engine: etl, warehouse: dw }\nparams: { limit: 10 }\nsteps:\n';
export const NOTE = 'notify: { webhook: oncall, message: hi }';

/** A file whose second step, `a`, has these fields, which begin in line 7. */
export const step = (fields: string): string => `${HEAD}  - { id: first, ${NOTE} }\n  - id: a\n${fields}`;

/** What is wrong, the file's text, `code line:column`, and words of the mend. */
export type Wrong = [what: string, text: string, place: string, fix: string];

/** A test that this is all that is wrong with a file. */
export async function isFound(_: string, text: string, place: string, fix: string): Promise<void> {
  const loaded = await loadText(text);
  expect(places(loaded)).toEqual([place]);
  expect(loaded.problems[0]?.fix).toContain(fix);
  expect(loaded.definition).toBeUndefined();
}
