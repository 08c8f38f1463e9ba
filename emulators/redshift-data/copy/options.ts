import { notDone, RedshiftError, syntaxErrorNear } from '../error.ts';
import type { Reader } from '../sql/reader.ts';
import type { CopyCommand, Format } from './command.ts';

type Read = (reader: Reader, command: CopyCommand) => void;

const MAX_ERRORS = 100_000;

const oneByte = (reader: Reader, option: string): string => {
  const character = reader.characters();
  if (character.length !== 1 || character > '\x7F')
    throw new RedshiftError(`COPY ${option} must be a single ASCII character, not '${character}'`);
  return character;
};

const csv: Read = (reader, command) => {
  command.format = 'csv';
  if (reader.skip('quote')) command.quote = oneByte(reader, 'quote');
};

const json: Read = (reader, command) => {
  command.format = 'json';
  reader.skip('as');
  if (!reader.isString()) return;
  const how = reader.string();
  if (how === 'noshred') throw notDone(`JSON 'noshred'`, "use JSON 'auto'");
  if (!/^(auto|auto ignorecase|s3:\/\/.+)$/.test(how))
    throw new RedshiftError(
      `JSON '${how}': use 'auto', 'auto ignorecase' or the S3 path of a JSONPaths file`,
    );
  command.json = how;
};

const fixedWidth: Read = (reader, command) => {
  command.format = 'fixedwidth';
  const spec = reader.string();
  command.widths = spec.split(',').map((part) => {
    const [, column, width] = /^\s*(\w+)\s*:\s*(\d+)\s*$/.exec(part) ?? [];
    if (!column || !width)
      throw new RedshiftError(`Invalid fixedwidth spec '${spec}': write 'column:width,…'`);
    return { column, width: Number(width) };
  });
};

const notRead =
  (format: string): Read =>
  () => {
    throw notDone(`COPY FORMAT ${format}`, 'use PARQUET, CSV, JSON or delimited text');
  };

const parquet: Read = (reader, command) => {
  command.format = 'parquet' satisfies Format;
  if (reader.skip('serializetojson')) throw notDone('SERIALIZETOJSON');
};

/** The formats by the word that names them, alone or behind `FORMAT [AS]`. */
const BY_NAME: Record<string, Read> = {
  csv,
  json,
  fixedwidth: fixedWidth,
  parquet,
  orc: notRead('ORC'),
  avro: notRead('AVRO'),
  shapefile: notRead('SHAPEFILE'),
};

export const FORMATS: Record<string, Read> = {
  ...BY_NAME,
  format: (reader, command) => {
    reader.skip('as');
    const { word, text } = reader.take();
    const read = BY_NAME[word];
    if (!read) throw syntaxErrorNear(text);
    read(reader, command);
  },
};

const flag =
  (
    name: {
      [Name in keyof CopyCommand]-?: CopyCommand[Name] extends boolean ? Name : never;
    }[keyof CopyCommand],
  ): Read =>
  (_, command) =>
    void (command[name] = true);

/** The other options. https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-conversion.html */
export const OPTIONS: Record<string, Read> = {
  manifest: flag('manifest'),
  gzip: flag('gzip'),
  escape: flag('escape'),
  removequotes: flag('removeQuotes'),
  fillrecord: flag('fillRecord'),
  ignoreblanklines: flag('ignoreBlankLines'),
  blanksasnull: flag('blanksAsNull'),
  emptyasnull: flag('emptyAsNull'),
  trimblanks: flag('trimBlanks'),
  truncatecolumns: flag('truncateColumns'),
  roundec: flag('roundDecimals'),
  explicit_ids: flag('explicitIds'),
  acceptanydate: flag('acceptAnyDate'),
  noload: flag('noLoad'),
  region: (reader, command) => void (command.region = reader.string()),
  ignoreheader: (reader, command) => void (command.ignoreHeader = reader.number()),
  delimiter: (reader, command) => void (command.delimiter = oneByte(reader, 'delimiter')),
  quote: (reader, command) => void (command.quote = oneByte(reader, 'quote')),
  null: (reader, command) => void (command.nullAs = reader.characters()),
  dateformat: (reader, command) => void (command.dateFormat = reader.string()),
  timeformat: (reader, command) => void (command.timeFormat = reader.string()),
  acceptinvchars: (reader, command) => {
    reader.skip('as');
    command.invalidCharacters = reader.isString() ? oneByte(reader, 'acceptinvchars') : '?';
  },
  maxerror: (reader, command) => {
    command.maxErrors = reader.number();
    if (command.maxErrors > MAX_ERRORS)
      throw new RedshiftError(`MAXERROR must be from 0 to ${MAX_ERRORS}, not ${command.maxErrors}`);
  },
  encoding: (reader) => {
    reader.skip('as');
    const name = reader.isString() ? reader.string() : reader.take().text;
    if (!/^utf-?8$/i.test(name)) throw notDone(`ENCODING ${name}`, 'use UTF8');
  },
  statupdate: (reader) => {
    reader.isOn();
  },
  compupdate: (reader) => {
    if (!reader.skip('preset')) reader.isOn();
  },
  comprows: (reader) => void reader.number(),
  bzip2: () => {
    throw notDone('BZIP2', 'use GZIP');
  },
  lzop: () => {
    throw notDone('LZOP', 'use GZIP');
  },
  zstd: () => {
    throw notDone('ZSTD', 'use GZIP');
  },
};
