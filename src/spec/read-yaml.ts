import type { Problem } from './problem.ts';
import { readText } from './read-text.ts';
import { checkYaml } from './yaml-problems.ts';
import type { YamlSource } from './yaml-source.ts';

export interface ReadYaml {
  /** Undefined when nothing more can be said of the file than its problems. */
  source?: YamlSource;
  value?: unknown;
  problems: Problem[];
}

/** Reads a YAML file. Never throws for what is in it, nor when it isn't there. */
export async function readYaml(file: string): Promise<ReadYaml> {
  const start = { file, line: 1, column: 1 };
  const read = await readText(file);
  if ('reason' in read) {
    const message = `the file can't be read: ${read.reason}`;
    return { problems: [{ ...start, code: 'missing-file', message, fix: 'check the path' }] };
  }
  const { source, problems, isReadable } = checkYaml(file, read.text);
  if (!isReadable) return { problems };
  try {
    const value: unknown = source.document.toJS();
    // An alias inside of its own anchor makes a value without an end.
    JSON.stringify(value);
    return { source, value, problems };
  } catch (error) {
    const message = `an alias can't be resolved: ${(error as Error).message.split('\n')[0]}`;
    return { problems: [{ ...start, code: 'yaml-syntax', message, fix: 'write the value out' }] };
  }
}
