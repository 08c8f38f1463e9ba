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
