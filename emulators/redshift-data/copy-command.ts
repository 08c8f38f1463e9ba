import { notDone, RedshiftError, syntaxErrorNear } from './error.ts';
import { closing, stringValue, type Token } from './tokens.ts';

/** A COPY from S3, read. https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html */
export interface CopyCommand {
  /** The table's name as it was written. */
  table: string;
  /** The columns as they were written; empty means the table's. */
  columns: string[];
  from: { bucket: string; key: string };
  format: 'parquet' | 'csv' | 'json';
  manifest: boolean;
  gzip: boolean;
  ignoreHeader: number;
  delimiter: string;
  region?: string;
}

export const parseS3Url = (url: string): { bucket: string; key: string } => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(url) ?? [];
  if (!bucket || key === undefined) throw new RedshiftError(`The S3 path '${url}' is not s3://bucket/key`);
  return { bucket, key };
};

const ROLE = /^(default|arn:aws[\w-]*:iam::\d{12}:role\/[^\s,]+(,arn:aws[\w-]*:iam::\d{12}:role\/[^\s,]+)*)$/;
const CREDENTIALS =
  /^(aws_iam_role=arn:aws[\w-]*:iam::\d{12}:role\/\S+|aws_access_key_id=[^;]+;aws_secret_access_key=\S+)$/;

/** Reads tokens one after the other. */
class Reader {
  readonly #tokens: readonly Token[];
  at = 1;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens.at(-1)?.text === ';' ? tokens.slice(0, -1) : tokens;
  }

  get next(): Token | undefined {
    return this.#tokens[this.at];
  }

  take(): Token {
    const token = this.#tokens[this.at++];
    if (!token) throw new RedshiftError('syntax error at end of input');
    return token;
  }

  skip(...words: string[]): void {
    if (words.includes(this.next?.word ?? '')) this.at++;
  }

  string(): string {
    this.skip('as');
    const token = this.take();
    if (token.kind !== 'string') throw syntaxErrorNear(token.text);
    return stringValue(token);
  }

  number(): number {
    this.skip('as');
    const token = this.take();
    const number = Number(token.kind === 'string' ? stringValue(token) : token.text);
    if (!Number.isInteger(number)) throw syntaxErrorNear(token.text);
    return number;
  }

  names(): string[] {
    if (this.next?.text !== '(') return [];
    const close = closing(this.#tokens, this.at);
    const names = this.#tokens.slice(this.at + 1, close).filter(({ text }) => text !== ',');
    this.at = close + 1;
    return names.map(({ text }) => text);
  }
}

const readTable = (reader: Reader): string => {
  let table = reader.take().text;
  while (reader.next?.text === '.') table += reader.take().text + reader.take().text;
  return table;
};

interface Options {
  command: CopyCommand;
  authorized: boolean;
  hasFormat: boolean;
}

const readFormat = (format: string, reader: Reader, options: Options): void => {
  if (format !== 'parquet' && format !== 'csv' && format !== 'json') {
    throw notDone(`COPY FORMAT ${format.toUpperCase()}`, 'use PARQUET, CSV or JSON');
  }
  options.hasFormat = true;
  options.command.format = format;
  if (format !== 'json') return;
  const paths = reader.string();
  if (paths !== 'auto') throw notDone(`JSON '${paths}'`, "use JSON 'auto'");
};

const OPTIONS: Record<string, (reader: Reader, options: Options) => void> = {
  iam_role: (reader, options) => {
    const role = reader.next?.word === 'default' ? reader.take().word : reader.string();
    if (!ROLE.test(role))
      throw new RedshiftError(`Invalid IAM role '${role}': it must be an ARN of a role, or default`);
    options.authorized = true;
  },
  credentials: (reader, options) => {
    if (!CREDENTIALS.test(reader.string()))
      throw new RedshiftError('Invalid credentials. Must be of the format: aws_iam_role=…');
    options.authorized = true;
  },
  format: (reader, options) => {
    reader.skip('as');
    readFormat(reader.take().word, reader, options);
  },
  parquet: (reader, options) => readFormat('parquet', reader, options),
  csv: (reader, options) => readFormat('csv', reader, options),
  json: (reader, options) => readFormat('json', reader, options),
  manifest: (_, { command }) => void (command.manifest = true),
  gzip: (_, { command }) => void (command.gzip = true),
  ignoreheader: (reader, { command }) => void (command.ignoreHeader = reader.number()),
  delimiter: (reader, { command }) => void (command.delimiter = reader.string()),
  region: (reader, { command }) => void (command.region = reader.string()),
  maxerror: (reader, { command }) => {
    const count = reader.number();
    if (command.format === 'parquet')
      throw new RedshiftError('MAXERROR argument is not supported for PARQUET based COPY');
    if (count > 0) throw notDone('COPY with MAXERROR above 0');
  },
  statupdate: (reader) => reader.skip('on', 'off', 'true', 'false'),
  compupdate: (reader) => reader.skip('on', 'off', 'true', 'false', 'preset'),
};

/** Reads COPY's tokens. Fails with a `RedshiftError` that names the option which Redshift or this stand-in doesn't know. */
export const parseCopy = (tokens: readonly Token[]): CopyCommand => {
  const reader = new Reader(tokens);
  const table = readTable(reader);
  const columns = reader.names();
  const from = reader.take();
  if (from.word !== 'from') throw syntaxErrorNear(from.text);
  if (reader.next?.kind !== 'string') throw syntaxErrorNear(reader.next?.text ?? 'from');
  const url = reader.string();
  if (!url.startsWith('s3://')) throw notDone(`COPY from '${url}'`, 'use s3://bucket/prefix');
  const options: Options = {
    command: {
      table,
      columns,
      from: parseS3Url(url),
      format: 'csv',
      manifest: false,
      gzip: false,
      ignoreHeader: 0,
      delimiter: ',',
    },
    authorized: false,
    hasFormat: false,
  };
  // The format comes first: what the other options may be depends on it.
  const parquet = tokens.some(({ word }) => word === 'parquet');
  if (parquet) options.command.format = 'parquet';
  while (reader.next) {
    const option = reader.take();
    const read = OPTIONS[option.word];
    if (!read) throw notDone(`COPY's option ${option.text.toUpperCase()}`);
    if (parquet && /^(gzip|ignoreheader|delimiter)$/.test(option.word)) {
      throw new RedshiftError(
        `${option.text.toUpperCase()} argument is not supported for PARQUET based COPY`,
      );
    }
    read(reader, options);
  }
  if (!options.authorized)
    throw new RedshiftError('No authorization clause: COPY from S3 needs IAM_ROLE or CREDENTIALS');
  if (!options.hasFormat) throw notDone('COPY of delimited text', 'use FORMAT CSV, PARQUET or JSON');
  return options.command;
};
