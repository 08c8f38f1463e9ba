import { notDone, RedshiftError, syntaxErrorNear } from '../error.ts';
import { AUTHORIZATION, noAuthorization, parseS3Url, type S3Place } from '../s3.ts';
import { Reader } from '../sql/reader.ts';
import { closing, stringValue, type Token, tokenize } from '../sql/tokens.ts';

/** An UNLOAD to S3, read. https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html */
export interface UnloadCommand {
  query: string;
  to: S3Place;
  region?: string;
  format: 'delimited' | 'csv' | 'fixedwidth' | 'json' | 'parquet';
  partitionBy: string[];
  /** Whether the partition columns stand in the files as well. */
  include: boolean;
  manifest: boolean;
  verbose: boolean;
  header: boolean;
  delimiter?: string;
  widths: Map<string, number>;
  addQuotes: boolean;
  escape: boolean;
  nullAs: string;
  gzip: boolean;
  allowOverwrite: boolean;
  cleanPath: boolean;
  parallel: boolean;
  maxFileBytes: number;
  extension?: string;
}

const MEGABYTE = 1024 * 1024;
const MIN_FILE_BYTES = 5 * MEGABYTE;
const MAX_FILE_BYTES = 6.2 * 1024 * MEGABYTE;

type Read = (reader: Reader, command: UnloadCommand) => void;

const readSize: Read = (reader, command) => {
  reader.skip('as');
  const amount = Number(reader.take().text);
  const unit = reader.skip('mb', 'gb') ?? 'mb';
  command.maxFileBytes = amount * MEGABYTE * (unit === 'gb' ? 1024 : 1);
  if (!(command.maxFileBytes >= MIN_FILE_BYTES && command.maxFileBytes <= MAX_FILE_BYTES))
    throw new RedshiftError('MAXFILESIZE must be between 5 MB and 6.2 GB');
};

const readWidths: Read = (reader, command) => {
  command.format = 'fixedwidth';
  const spec = reader.string();
  for (const part of spec.split(',')) {
    const [, column, width] = /^\s*(\w+)\s*:\s*(\d+)\s*$/.exec(part) ?? [];
    if (!column || !width)
      throw new RedshiftError(`Invalid fixedwidth spec '${spec}': write 'column:width,…'`);
    command.widths.set(column.toLowerCase(), Number(width));
  }
};

const FORMATS: Record<string, Read> = {
  csv: (_, command) => void (command.format = 'csv'),
  json: (_, command) => void (command.format = 'json'),
  parquet: (_, command) => void (command.format = 'parquet'),
};

const cannot =
  (option: string): Read =>
  () => {
    throw notDone(`UNLOAD's option ${option}`, option === 'ENCRYPTED' ? undefined : 'use GZIP');
  };

const OPTIONS: Record<string, Read> = {
  ...FORMATS,
  fixedwidth: readWidths,
  format: (reader, command) => {
    reader.skip('as');
    const { word, text } = reader.take();
    if (!FORMATS[word]) throw syntaxErrorNear(text);
    FORMATS[word](reader, command);
  },
  partition: (reader, command) => {
    reader.expect('by');
    command.partitionBy = reader
      .names()
      .map((name) => (name.startsWith('"') ? name.slice(1, -1) : name.toLowerCase()));
    command.include = reader.skip('include') !== undefined;
  },
  manifest: (reader, command) => {
    command.manifest = true;
    command.verbose = reader.skip('verbose') !== undefined;
  },
  header: (_, command) => void (command.header = true),
  delimiter: (reader, command) => void (command.delimiter = reader.characters()),
  addquotes: (_, command) => void (command.addQuotes = true),
  escape: (_, command) => void (command.escape = true),
  null: (reader, command) => void (command.nullAs = reader.characters()),
  gzip: (_, command) => void (command.gzip = true),
  allowoverwrite: (_, command) => void (command.allowOverwrite = true),
  cleanpath: (_, command) => void (command.cleanPath = true),
  parallel: (reader, command) => void (command.parallel = reader.isOn()),
  maxfilesize: readSize,
  rowgroupsize: (reader) => {
    reader.number();
    reader.skip('mb', 'gb');
  },
  region: (reader, command) => void (command.region = reader.string()),
  extension: (reader, command) => void (command.extension = reader.string()),
  bzip2: cannot('BZIP2'),
  zstd: cannot('ZSTD'),
  encrypted: cannot('ENCRYPTED'),
  kms_key_id: cannot('ENCRYPTED'),
};

const WITH_PARQUET = new Set(
  'parquet format partition manifest region allowoverwrite cleanpath parallel maxfilesize rowgroupsize extension'.split(
    ' ',
  ),
);
const WITH_JSON = new Set(
  'json format manifest region allowoverwrite cleanpath parallel maxfilesize gzip extension partition'.split(
    ' ',
  ),
);

const checkOptions = (command: UnloadCommand, given: ReadonlySet<string>): void => {
  const { format } = command;
  const allowed = format === 'parquet' ? WITH_PARQUET : format === 'json' ? WITH_JSON : undefined;
  const wrong = [...given].find((option) => allowed && !allowed.has(option) && !AUTHORIZATION[option]);
  if (wrong)
    throw new RedshiftError(`${wrong.toUpperCase()} is not supported for UNLOAD to ${format.toUpperCase()}`);
  const conflict = (one: boolean, other: boolean, words: string): void => {
    if (one && other) throw new RedshiftError(`UNLOAD can't have ${words} at once`);
  };
  conflict(command.allowOverwrite, command.cleanPath, 'ALLOWOVERWRITE and CLEANPATH');
  conflict(format === 'fixedwidth', command.delimiter !== undefined, 'FIXEDWIDTH and DELIMITER');
  conflict(format === 'fixedwidth', command.header, 'FIXEDWIDTH and HEADER');
  conflict(
    format === 'csv',
    command.addQuotes || command.escape || command.widths.size > 0,
    'CSV and ADDQUOTES, ESCAPE or FIXEDWIDTH',
  );
  if (command.delimiter !== undefined && !/^[\0-\x7F]$/.test(command.delimiter))
    throw new RedshiftError('UNLOAD delimiter must be a single ASCII character');
};

/** The query may not end with LIMIT: every slice would take that many. */
const checkQuery = (query: string): void => {
  const tokens = tokenize(query);
  if (!['select', 'with', ''].includes(tokens[0]?.word ?? 'x'))
    throw new RedshiftError('UNLOAD takes only a SELECT');
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at]!.text === '(') at = closing(tokens, at);
    else if (tokens[at]!.word === 'limit' && tokens[at - 1]?.text !== '.')
      throw new RedshiftError('Limit clause is not supported');
  }
};

const readQuery = (reader: Reader): string => {
  reader.expect('(');
  const token = reader.take();
  if (token.kind !== 'string') throw syntaxErrorNear(token.text);
  const quote = /^\$\w*\$/.exec(token.text)?.[0];
  const query = quote ? token.text.slice(quote.length, -quote.length) : stringValue(token);
  reader.expect(')');
  checkQuery(query);
  return query;
};

/** Reads UNLOAD's tokens. Fails with a `RedshiftError` that names what Redshift or this stand-in doesn't take. */
export const parseUnload = (tokens: readonly Token[]): UnloadCommand => {
  const reader = new Reader(tokens);
  const query = readQuery(reader);
  reader.expect('to');
  if (!reader.isString()) throw syntaxErrorNear(reader.next?.text ?? 'to');
  const command: UnloadCommand = {
    query,
    to: parseS3Url(reader.string()),
    format: 'delimited',
    partitionBy: [],
    include: false,
    manifest: false,
    verbose: false,
    header: false,
    widths: new Map(),
    addQuotes: false,
    escape: false,
    nullAs: '',
    gzip: false,
    allowOverwrite: false,
    cleanPath: false,
    parallel: true,
    maxFileBytes: MAX_FILE_BYTES,
  };
  const given = new Set<string>();
  reader.skip('with');
  while (reader.next) {
    const { word, text } = reader.take();
    const authorize = AUTHORIZATION[word];
    const read = OPTIONS[word];
    if (authorize) authorize(reader);
    else if (read) read(reader, command);
    else throw notDone(`UNLOAD's option ${text.toUpperCase()}`);
    given.add(word);
  }
  if (!Object.keys(AUTHORIZATION).some((word) => given.has(word))) throw noAuthorization('UNLOAD');
  checkOptions(command, given);
  return command;
};
