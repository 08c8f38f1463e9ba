import type { Definition } from '../domain/definition.ts';
import { buildDefinition } from './build-definition.ts';
import type { Connections } from './check-connections.ts';
import { checkPipeline } from './check-pipeline.ts';
import { knownPipeline, type KnownPipeline } from './known-pipeline.ts';
import { pipelineSchema } from './pipeline-schema.ts';
import { sortedProblems, type Problem } from './problem.ts';
import { QueryFiles } from './query-files.ts';
import { readYaml } from './read-yaml.ts';

export type { Connections } from './check-connections.ts';
export type { KnownPipeline } from './known-pipeline.ts';
export type { Problem } from './problem.ts';

/** A pipeline, or all that is wrong with its file. */
export interface LoadedPipeline {
  definition?: Definition;
  /** What the files of others have to know of it; also of a file with problems. */
  known?: KnownPipeline;
  problems: Problem[];
}

/**
 * Reads and checks a pipeline file and the files that it refers to. With `connections`, the names of engines,
 * warehouses and webhooks are checked too, with `pipelines` those of other pipelines. Never throws for what is in the
 * files.
 */
export async function loadPipeline(
  file: string,
  connections?: Connections,
  pipelines?: readonly KnownPipeline[],
): Promise<LoadedPipeline> {
  const { source, value, problems: faults } = await readYaml(file);
  if (!source) return { problems: faults };

  const files = await QueryFiles.read(source, value);
  // What else is said of a line that YAML can't make sense of is only its consequence.
  const isOnFault = (problem: Problem): boolean =>
    faults.some(({ line, code }) => code === 'yaml-syntax' && problem.file === file && problem.line === line);
  const found = checkPipeline(source, value, files, connections, pipelines).filter(
    (problem) => !isOnFault(problem),
  );
  const itself = knownPipeline(value);
  const known = itself ? { known: itself } : {};
  const problems = sortedProblems([...faults, ...found], file);
  if (problems.length > 0) return { problems, ...known };

  const definition = buildDefinition(pipelineSchema.parse(value), {
    file,
    texts: files.texts,
    whenAt: (list, index) => `${file}:${source.place([list, index, 'when']).line}`,
  });
  return { definition, problems, ...known };
}
