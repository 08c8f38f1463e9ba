import { notDone, RedshiftError } from '../error.ts';
import type { Edits } from './edits.ts';
import { closing, type Token } from './tokens.ts';

const NOT_IN_REDSHIFT = new Set(
  (
    'serial smallserial bigserial serial2 serial4 serial8 json jsonb xml uuid money bytea bit cidr inet macaddr point line lseg ' +
    'box path polygon circle tsvector tsquery oid name hstore int4range int8range numrange tsrange daterange'
  ).split(' '),
);

const NOT_DONE = new Set('hllsketch geometry geography varbyte varbinary'.split(' '));

/** What a type without a length means in Redshift. https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html */
const WITHOUT_LENGTH: Record<string, string> = {
  varchar: 'varchar(256)',
  nvarchar: 'varchar(256)',
  text: 'varchar(256)',
  bpchar: 'char(256)',
  numeric: 'numeric(18,0)',
  decimal: 'numeric(18,0)',
};

const SAME: Record<string, string> = {
  nvarchar: 'varchar',
  nchar: 'char',
  datetime: 'timestamp',
  super: 'jsonb',
};

export const MAX_VARCHAR_BYTES = 65_535;

/** Says no to a column type that Redshift doesn't have. */
export const refuseType = (type: Token, column: string): void => {
  if (NOT_IN_REDSHIFT.has(type.word)) {
    throw new RedshiftError(`Column "${column}" has unsupported type "${type.word}".`);
  }
  if (NOT_DONE.has(type.word)) throw notDone(`The type ${type.word.toUpperCase()}`);
};

/** Rewrites the type of a column, which begins at `at`. */
export const translateColumnType = (
  tokens: readonly Token[],
  at: number,
  column: string,
  edits: Edits,
): void => {
  const type = tokens[at];
  if (!type) return;
  refuseType(type, column);
  const last = type.word === 'character' && tokens[at + 1]?.word === 'varying' ? at + 1 : at;
  const sized = tokens[last + 1]?.text === '(';
  if (sized && Number(tokens[last + 2]?.text) > MAX_VARCHAR_BYTES) {
    throw new RedshiftError(`length for type varchar cannot exceed ${MAX_VARCHAR_BYTES}`);
  }
  const replacement = last > at ? WITHOUT_LENGTH['varchar'] : WITHOUT_LENGTH[type.word];
  if (!sized && replacement) edits.replace(at, last, replacement);
  else if (SAME[type.word]) edits.replace(at, at, SAME[type.word]!);
};

/** Where a cast names its type: behind `::`, and behind the AS of `CAST(x AS type)`. What is cast stands before it. */
const castTypes = (tokens: readonly Token[]): number[] =>
  tokens.flatMap(({ text, word }, at) => {
    if (text === '::') return [at + 1];
    if (word !== 'cast' || tokens[at + 1]?.text !== '(' || tokens[at - 1]?.text === '.') return [];
    const close = closing(tokens, at + 1);
    for (let inner = at + 2; inner < close; inner++) {
      if (tokens[inner]!.text === '(') inner = closing(tokens, inner);
      else if (tokens[inner]!.word === 'as') return [inner + 1];
    }
    return [];
  });

/** Rewrites `varchar(max)` wherever it stands, and refuses casts to types that Redshift doesn't have. */
export const translateTypes = (tokens: readonly Token[], edits: Edits): void => {
  for (const [at, { word }] of tokens.entries()) {
    if (
      word === 'max' &&
      tokens[at - 1]?.text === '(' &&
      /^(n?varchar|varying)$/.test(tokens[at - 2]?.word ?? '')
    ) {
      edits.replace(at, at, String(MAX_VARCHAR_BYTES));
    }
  }
  for (const at of castTypes(tokens)) {
    const type = tokens[at];
    if (!type) continue;
    refuseType(type, tokens[at - 2]?.text ?? '?');
    if (SAME[type.word]) edits.replace(at, at, SAME[type.word]!);
  }
};
