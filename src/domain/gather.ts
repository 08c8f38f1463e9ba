import { isNewer } from './arrived-file.ts';
import type { Gathered, GatheredFile } from './new-data.ts';

/** Adds files to those that are known, by path, each in its newest version; says which of them were news. */
export function gather(known: Map<string, GatheredFile>, files: readonly GatheredFile[]): number[] {
  return files.flatMap((file, at) => {
    const before = known.get(file.path);
    if (before && !isNewer(file, before)) return [];
    known.set(file.path, file);
    return [at];
  });
}

export function countsOf(files: Iterable<GatheredFile>, sources: number): Gathered['counts'] {
  const counts = Array.from({ length: sources }, () => 0);
  for (const { source } of files) counts[source] = (counts[source] ?? 0) + 1;
  return counts;
}
