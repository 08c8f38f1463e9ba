import { notDone, RedshiftError, syntaxErrorNear } from '../error.ts';
import { hasWords, type Token } from './tokens.ts';

/** Words that stand one after the other, and the error that Redshift has for them. */
interface Refusal {
  words: string;
  /** Only in statements that begin with one of these words. */
  in?: readonly string[];
  error: (token: Token) => Error;
}

const nearLast = (token: Token): Error => syntaxErrorNear(token.text);
const says = (message: string) => (): Error => new RedshiftError(message);
const standInCannot = (construct: string, instead?: string) => (): Error => notDone(construct, instead);
const noFunction = (token: Token): Error => new RedshiftError(`function ${token.word}(...) does not exist`);

/** https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-features.html */
const REFUSALS: readonly Refusal[] = [
  { words: 'on conflict', error: nearLast },
  { words: 'returning', in: ['insert', 'update', 'delete', 'merge'], error: nearLast },
  { words: 'distinct on', error: says('SELECT DISTINCT ON is not supported') },
  { words: ') filter (', error: nearLast },
  { words: 'lateral', error: nearLast },
  { words: 'tablesample', error: nearLast },
  { words: 'for update', error: says('SELECT FOR UPDATE is not supported') },
  { words: 'for share', error: nearLast },
  { words: 'array [', error: nearLast },
  ...['generate_series', 'unnest'].map((name) => ({
    words: `${name} (`,
    in: ['create', 'insert', 'update', 'delete', 'merge'],
    error: says('Specified types or functions (one per INFO message) not supported on Redshift tables.'),
  })),
  ...[
    'string_agg',
    'array_agg',
    'json_agg',
    'jsonb_agg',
    'json_build_object',
    'jsonb_build_object',
    'to_json',
  ].map((name) => ({ words: `${name} (`, error: noFunction })),
  ...['to_jsonb', 'row_to_json', 'gen_random_uuid', 'make_date', 'make_interval', 'make_timestamp'].map(
    (name) => ({
      words: `${name} (`,
      error: noFunction,
    }),
  ),
  { words: 'unpivot', error: standInCannot('UNPIVOT') },
  { words: 'connect by', error: standInCannot('CONNECT BY', 'use WITH RECURSIVE') },
  { words: '* exclude', error: standInCannot('SELECT * EXCLUDE', 'name the columns') },
  { words: 'convert (', error: standInCannot('CONVERT()', 'use CAST') },
  { words: 'try_cast (', error: standInCannot('TRY_CAST()') },
  { words: 'ratio_to_report (', error: standInCannot('RATIO_TO_REPORT()', 'divide by SUM(x) OVER (…)') },
  { words: 'months_between (', error: standInCannot('MONTHS_BETWEEN()', 'use DATEDIFF(month, …)') },
  { words: 'next_day (', error: standInCannot('NEXT_DAY()', 'use DATEADD') },
  { words: 'pivot (', error: standInCannot('PIVOT') },
  { words: 'no schema binding', error: standInCannot('WITH NO SCHEMA BINDING') },
  { words: 'when matched and', in: ['merge'], error: nearLast },
  { words: 'when not matched and', in: ['merge'], error: nearLast },
  { words: 'not matched by', in: ['merge'], error: nearLast },
  { words: 'do nothing', in: ['merge'], error: nearLast },
];

const PATTERNS = REFUSALS.map((refusal) => ({ ...refusal, parts: refusal.words.split(' ') }));

const STATEMENTS = new Set(
  (
    'select with insert update delete merge create drop alter truncate copy lock vacuum analyze analyse explain ' +
    'grant revoke set reset show comment unload'
  ).split(' '),
);

/** Statements that Redshift knows and that make no sense, or aren't done, in one call of the Data API. */
const STANDS_IN_NOT = new Set('call prepare execute deallocate declare fetch close refresh use'.split(' '));

const TRANSACTIONS = new Set('begin start commit end rollback abort'.split(' '));

const CREATABLE = new Set(
  'table temp temporary local view or schema user group role database materialized'.split(' '),
);

const UNCREATED = new Set(
  'external model datashare library identity masking rls function procedure'.split(' '),
);

const refuseCreate = (tokens: readonly Token[]): void => {
  const orReplace = hasWords(tokens, 1, ['or', 'replace']);
  const what = tokens[orReplace ? 3 : 1];
  if (!what || CREATABLE.has(what.word)) return;
  if (UNCREATED.has(what.word)) throw notDone(`CREATE ${what.word.toUpperCase()}`);
  throw new RedshiftError(
    `SQL command "CREATE ${what.text.toUpperCase()}" not supported on Redshift tables.`,
  );
};

const refuseLock = (tokens: readonly Token[]): void => {
  for (const [at, { word }] of tokens.entries()) {
    if (['in', 'nowait', 'only'].includes(word) && tokens[at - 1]!.text !== '.')
      throw syntaxErrorNear(word.toUpperCase());
  }
};

const refuseMerge = (tokens: readonly Token[]): void => {
  const using = tokens.findIndex(({ word }) => word === 'using');
  if (using > 0 && !/^(\.|into)$/i.test(tokens[using - 2]!.text))
    throw syntaxErrorNear(tokens[using - 1]!.text);
  if (tokens[using + 1]?.text === '(') throw syntaxErrorNear('(');
  if (tokens.some((_, at) => hasWords(tokens, at, ['remove', 'duplicates']))) return;
  const count = (words: string[]) => tokens.filter((_, at) => hasWords(tokens, at, words)).length;
  if (count(['when', 'matched']) !== 1 || count(['when', 'not', 'matched']) !== 1) {
    throw new RedshiftError('MERGE must have exactly one WHEN MATCHED and one WHEN NOT MATCHED clause');
  }
};

const ELEMENT_TYPES = new Set(
  'int int2 int4 int8 integer smallint bigint text varchar char numeric decimal boolean bool date timestamp float'.split(
    ' ',
  ),
);

/** Brackets are for SUPER alone, as in `a[0]` and `a['x']`: there are no arrays. */
const refuseArrays = (tokens: readonly Token[]): void => {
  for (const [at, { text }] of tokens.entries()) {
    if (text !== '[') continue;
    const before = tokens[at - 1];
    const isValue =
      before?.kind === 'word' || before?.kind === 'quoted' || [']', ')'].includes(before?.text ?? '');
    if (!isValue || ELEMENT_TYPES.has(before!.word) || tokens[at + 1]?.text === ']')
      throw syntaxErrorNear('[');
  }
};

const fits = (tokens: readonly Token[], at: number, parts: readonly string[]): boolean =>
  tokens[at - 1]?.text !== '.' &&
  parts.every((part, n) => {
    const token = tokens[at + n];
    return part === (token?.kind === 'symbol' ? token.text : token?.word);
  });

/** Throws what Redshift says to a statement that Postgres would take and Redshift doesn't. */
export const refuse = (tokens: readonly Token[], inSession = false): void => {
  const first = tokens[0]!;
  if (TRANSACTIONS.has(first.word)) {
    if (inSession) return;
    throw notDone(
      `${first.text.toUpperCase()} outside of a session`,
      'BatchExecuteStatement runs its statements as one transaction, and a session keeps one open',
    );
  }
  if (STANDS_IN_NOT.has(first.word)) throw notDone(first.text.toUpperCase());
  if (!STATEMENTS.has(first.word) && first.text !== '(') throw syntaxErrorNear(first.text);
  const semicolon = tokens.findIndex(({ text }) => text === ';');
  if (semicolon > 0 && semicolon < tokens.length - 1) {
    throw new RedshiftError('cannot insert multiple commands into a prepared statement');
  }
  for (const pattern of PATTERNS) {
    if (pattern.in && !pattern.in.includes(first.word)) continue;
    const at = tokens.findIndex((_, n) => fits(tokens, n, pattern.parts));
    if (at < 0) continue;
    throw pattern.error(tokens[at + pattern.parts.findLastIndex((part) => part !== '(')]!);
  }
  refuseArrays(tokens);
  if (first.word === 'create') refuseCreate(tokens);
  if (first.word === 'lock') refuseLock(tokens);
  if (first.word === 'merge') refuseMerge(tokens);
};
