import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { EtlError } from '../../domain/failure.ts';
import { climbs, isFolder, isGlob, isS3Path, parseS3Path } from '../../domain/file-path.ts';
import { notOneSelect } from '../../domain/one-select.ts';
import type { FileSet, JobSpec, SqlSpec } from '../../ports.ts';

const INPUT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** As in `parseJobKey`, and any other name that is a plain file name. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

const reject = (message: string): never => {
  throw new EtlError('Rejected', message);
};

export function checkKey(key: string): void {
  if (!KEY.test(key))
    reject(`the key ${JSON.stringify(key)} can't name a folder; use letters, digits, ".", "_", "-"`);
}

/** What can be told of a spec without DuckDB; returns it with local paths made absolute. */
export function checkSpec(spec: JobSpec): SqlSpec {
  if (spec.kind !== 'sql') return reject(`DuckDB runs sql, not ${spec.kind}`);
  const inputs: Record<string, FileSet> = {};
  for (const [name, input] of Object.entries(spec.inputs)) {
    if (!INPUT_NAME.test(name))
      reject(`input "${name}" is no plain name; use letters, digits and underscores`);
    inputs[name] = { ...input, path: checkPath(`input ${name}`, input.path) };
  }
  if ([...Object.values(inputs), spec.output].some(({ format }) => format === 'orc'))
    reject('DuckDB neither reads nor writes ORC; take parquet');
  const wrong = notOneSelect(spec.query);
  if (wrong !== undefined) reject(`${wrong.message}; ${wrong.fix}`);
  const output = { ...spec.output, path: checkPath('the output', spec.output.path) };
  if (!isFolder(output.path)) reject(`the output ${output.path} must be a folder; end it in a slash`);
  if (isGlob(output.path)) reject(`the output ${output.path} must be one folder; remove the wildcard`);
  return { ...spec, inputs, output };
}

function checkPath(what: string, path: string): string {
  if (climbs(path)) reject(`${what}: ${path} has a ".." in it; write where it leads to`);
  if (isS3Path(path)) {
    if (!/^[a-z0-9.-]+$/.test(parseS3Path(path)?.bucket ?? '')) reject(`${what}: ${path} names no bucket`);
    return path;
  }
  if (path.startsWith('file://')) return withSlash(fileURLToPath(path), path);
  if (/^\w+:\/\//.test(path)) reject(`${what}: ${path} is neither s3:// nor a local path`);
  return withSlash(resolve(path), path);
}

const withSlash = (path: string, given: string): string =>
  given.endsWith('/') && !path.endsWith('/') ? `${path}/` : path;
