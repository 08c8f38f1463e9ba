import { notDone, RedshiftError, syntaxErrorNear } from '../error.ts';
import { AUTHORIZATION, noAuthorization, parseS3Url, type S3Place } from '../s3.ts';
import { Reader } from '../sql/reader.ts';
import type { Token } from '../sql/tokens.ts';
import { FORMATS, OPTIONS } from './options.ts';

/** The kinds of file that COPY reads here. */
export type Format = 'delimited' | 'csv' | 'fixedwidth' | 'json' | 'parquet';

/** A COPY from S3, read. https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html */
export interface CopyCommand {
  /** The table's name as it was written. */
  table: string;
  /** The columns as they were written; empty means the table's. */
  columns: string[];
  from: S3Place;
  region?: string;
  format: Format;
  manifest: boolean;
  gzip: boolean;
  /** One byte between fields. */
  delimiter?: string;
  quote: string;
  /** `auto`, `auto ignorecase`, or the S3 path of a JSONPaths file. */
  json: string;
  widths: { column: string; width: number }[];
  ignoreHeader: number;
  ignoreBlankLines: boolean;
  escape: boolean;
  removeQuotes: boolean;
  fillRecord: boolean;
  nullAs: string;
  blanksAsNull: boolean;
  emptyAsNull: boolean;
  trimBlanks: boolean;
  truncateColumns: boolean;
  roundDecimals: boolean;
  explicitIds: boolean;
  dateFormat?: string;
  timeFormat?: string;
  acceptAnyDate: boolean;
  /** What stands in for a character that is no UTF-8; without one that character is an error. */
  invalidCharacters?: string;
  maxErrors: number;
  noLoad: boolean;
}

const DEFAULTS = {
  format: 'delimited',
  manifest: false,
  gzip: false,
  quote: '"',
  json: 'auto',
  widths: [],
  ignoreHeader: 0,
  ignoreBlankLines: false,
  escape: false,
  removeQuotes: false,
  fillRecord: false,
  nullAs: String.raw`\N`,
  blanksAsNull: false,
  emptyAsNull: false,
  trimBlanks: false,
  truncateColumns: false,
  roundDecimals: false,
  explicitIds: false,
  acceptAnyDate: false,
  maxErrors: 0,
  noLoad: false,
} as const;

/** What columnar formats take. https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html */
const WITH_PARQUET = new Set([
  ...[
    'manifest',
    'region',
    'statupdate',
    'fillrecord',
    'acceptinvchars',
    'explicit_ids',
    'format',
    'parquet',
    'compupdate',
  ],
  ...Object.keys(AUTHORIZATION),
]);
const NOT_WITH_CSV = new Set(['removequotes', 'escape', 'fixedwidth']);
const NOT_WITH_JSON = new Set([
  'removequotes',
  'escape',
  'fixedwidth',
  'delimiter',
  'fillrecord',
  'ignoreheader',
  'quote',
]);
const NOT_WITH_FIXED_WIDTH = new Set(['delimiter', 'removequotes', 'escape', 'quote', 'csv', 'json']);

/** Says no to options that don't go with the format. */
const checkOptions = ({ format, dateFormat }: CopyCommand, given: ReadonlyMap<string, string>): void => {
  const refuse = (why: (option: string) => string, is: (option: string) => boolean) => {
    const found = [...given].find(([option]) => is(option));
    if (found) throw new RedshiftError(why(found[1].toUpperCase()));
  };
  if (format === 'parquet')
    refuse(
      (option) => `${option} argument is not supported for PARQUET based COPY`,
      (option) => !WITH_PARQUET.has(option),
    );
  if (format === 'csv')
    refuse(
      (option) => `CSV is not compatible with ${option}`,
      (option) => NOT_WITH_CSV.has(option),
    );
  if (format === 'json')
    refuse(
      (option) => `JSON is not compatible with ${option}`,
      (option) => NOT_WITH_JSON.has(option),
    );
  if (format === 'fixedwidth')
    refuse(
      (option) => `FIXEDWIDTH is not compatible with ${option}`,
      (option) => NOT_WITH_FIXED_WIDTH.has(option),
    );
  if (format === 'delimited')
    refuse(
      (option) => `${option} is only valid with CSV`,
      (option) => option === 'quote',
    );
  if (given.has('acceptanydate') && dateFormat === undefined)
    throw new RedshiftError('ACCEPTANYDATE needs DATEFORMAT');
};

const readSource = (reader: Reader): string => {
  reader.expect('from');
  if (!reader.isString()) throw syntaxErrorNear(reader.next?.text ?? 'from');
  const url = reader.string();
  if (!url.startsWith('s3://')) throw notDone(`COPY from '${url}'`, 'use s3://bucket/prefix');
  return url;
};

/** Reads COPY's tokens. Fails with a `RedshiftError` that names the option which Redshift or this stand-in doesn't know. */
export const parseCopy = (tokens: readonly Token[]): CopyCommand => {
  const reader = new Reader(tokens);
  const table = reader.qualifiedName();
  const columns = reader.names();
  const command: CopyCommand = {
    ...DEFAULTS,
    widths: [],
    table,
    columns,
    from: parseS3Url(readSource(reader)),
  };
  const given = new Map<string, string>();
  reader.skip('with');
  while (reader.next) {
    const { word, text } = reader.take();
    if (given.has(word)) throw new RedshiftError(`conflicting or redundant options: ${text.toUpperCase()}`);
    given.set(word, text);
    if (AUTHORIZATION[word]) AUTHORIZATION[word](reader);
    else if (FORMATS[word]) FORMATS[word](reader, command);
    else if (OPTIONS[word]) OPTIONS[word](reader, command);
    else throw notDone(`COPY's option ${text.toUpperCase()}`);
  }
  if (!Object.keys(AUTHORIZATION).some((word) => given.has(word))) throw noAuthorization('COPY');
  checkOptions(command, given);
  return command;
};
