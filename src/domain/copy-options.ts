import type { CopyOptions, FileFormat } from '../ports.ts';

/*
 * COPY's own options, as a pipeline file may have them. What publishing needs for itself is not among them: the
 * manifest, the role, MAXERROR, NOLOAD.
 * https://docs.aws.amazon.com/redshift/latest/dg/r_COPY-parameters.html
 */

type Value = 'flag' | 'text' | 'character' | 'count' | 'switch';

interface Option {
  value: Value;
  formats: readonly FileFormat[];
  /** How it is written in SQL, where that is not its name. */
  sql?: string;
}

const TEXT: readonly FileFormat[] = ['csv', 'json'];
const CSV: readonly FileFormat[] = ['csv'];
const ALL: readonly FileFormat[] = ['parquet', 'orc', 'csv', 'json'];

const OPTIONS: Readonly<Record<string, Option>> = {
  acceptAnyDate: { value: 'flag', formats: TEXT },
  acceptInvChars: { value: 'text', formats: ALL },
  blanksAsNull: { value: 'flag', formats: TEXT },
  bzip2: { value: 'flag', formats: TEXT },
  compUpdate: { value: 'switch', formats: TEXT },
  dateFormat: { value: 'text', formats: TEXT },
  delimiter: { value: 'character', formats: CSV },
  emptyAsNull: { value: 'flag', formats: TEXT },
  encoding: { value: 'text', formats: TEXT },
  fillRecord: { value: 'flag', formats: ['csv', 'parquet', 'orc'] },
  gzip: { value: 'flag', formats: TEXT },
  ignoreBlankLines: { value: 'flag', formats: CSV },
  ignoreHeader: { value: 'count', formats: CSV },
  jsonPaths: { value: 'text', formats: ['json'] },
  lzop: { value: 'flag', formats: TEXT },
  null: { value: 'text', formats: TEXT, sql: 'NULL AS' },
  quote: { value: 'character', formats: CSV, sql: 'QUOTE AS' },
  region: { value: 'text', formats: TEXT },
  roundec: { value: 'flag', formats: TEXT },
  serializeToJson: { value: 'flag', formats: ['parquet', 'orc'] },
  statUpdate: { value: 'switch', formats: ALL },
  timeFormat: { value: 'text', formats: TEXT },
  trimBlanks: { value: 'flag', formats: TEXT },
  truncateColumns: { value: 'flag', formats: TEXT },
  zstd: { value: 'flag', formats: TEXT },
};

export const COPY_OPTIONS = Object.keys(OPTIONS);

const WANTED: Record<Value, string> = {
  flag: 'true or false',
  text: 'a text',
  character: 'one character',
  count: 'a whole number',
  switch: 'true or false',
};

function isRight(value: unknown, wanted: Value): boolean {
  if (wanted === 'flag' || wanted === 'switch') return typeof value === 'boolean';
  if (wanted === 'count') return Number.isInteger(value) && Number(value) >= 0;
  return typeof value === 'string' && (wanted === 'text' || value.length === 1);
}

/** What is wrong with an option, and after a semicolon what to write; undefined where it is fine. */
export function copyOptionFault(
  name: string,
  value: unknown,
  format: FileFormat | undefined,
): string | undefined {
  const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
  if (!option) return `COPY has no option ${name} here; there are: ${COPY_OPTIONS.join(', ')}`;
  if (format !== undefined && !option.formats.includes(format))
    return `COPY takes no ${name} with ${format} files; leave it out`;
  if (isRight(value, option.value)) return undefined;
  return `${name} is ${JSON.stringify(value)}; write ${WANTED[option.value]}`;
}

/** @param literal writes a text as SQL */
function written(name: string, value: string | number | boolean, literal: (text: string) => string): string {
  const option = OPTIONS[name];
  const word = option?.sql ?? name.toUpperCase();
  if (option?.value === 'switch') return `${word} ${value === true ? 'ON' : 'OFF'}`;
  if (option?.value === 'flag') return value === true ? word : '';
  return typeof value === 'string' ? `${word} ${literal(value)}` : `${word} ${value}`;
}

/** Whether a file may lack the last columns, which are then filled with null. */
export const fillsRecord = (options: CopyOptions | undefined): boolean => options?.['fillRecord'] === true;

/** The options as COPY's tail. JSON's paths belong to its format, which stands elsewhere. */
export const copyTail = (options: CopyOptions, literal: (text: string) => string): string =>
  Object.entries(options)
    .filter(([name]) => name !== 'jsonPaths')
    .map(([name, value]) => written(name, value, literal))
    .filter((part) => part !== '')
    .join(' ');
