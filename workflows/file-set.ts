import type { FileSetTemplate, Json } from '../src/domain/definition.ts';
import type { Scope } from '../src/domain/run.ts';
import { renderDeep, renderValue } from '../src/domain/template.ts';
import type { FileFormat, FileSet } from '../src/ports.ts';
import { failure, rejecting } from './failures.ts';

const FORMATS: readonly unknown[] = ['parquet', 'csv', 'json', 'orc'] satisfies FileFormat[];

/** The place with files that a template comes to. */
export function fileSet(template: FileSetTemplate, scope: Scope): FileSet {
  const value: Json = rejecting(() =>
    typeof template === 'string' ? renderValue(template, scope) : renderDeep({ ...template }, scope),
  );
  if (isFileSet(value)) return value;
  throw failure(
    'Rejected',
    `${JSON.stringify(template)} comes to ${JSON.stringify(value)}, not to {path, format}`,
  );
}

const isFileSet = (value: unknown): value is FileSet =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as FileSet).path === 'string' &&
  FORMATS.includes((value as FileSet).format);
