import { readFile } from 'node:fs/promises';
import type { Problem } from './problem.ts';
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
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return {
      problems: [
        { ...start, code: 'missing-file', message: `can't be read: ${reason}`, fix: 'check the path' },
      ],
    };
  }

  const { source, problems, isReadable } = checkYaml(file, text);
  if (!isReadable) return { problems };
  try {
    const value: unknown = source.document.toJS();
    // An alias inside of its own anchor makes a value without an end.
    JSON.stringify(value);
    return { source, value, problems };
  } catch (error) {
    const message = `an alias can't be resolved: ${error instanceof Error ? error.message : String(error)}`;
    return { problems: [{ ...start, code: 'yaml-syntax', message, fix: 'write the value out' }] };
  }
}
