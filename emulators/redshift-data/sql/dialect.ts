import { Edits } from './edits.ts';
import { RedshiftError, syntaxErrorNear } from '../error.ts';
import { translateFunctions } from './functions.ts';
import { rewriteQualify } from './qualify.ts';
import { refuse } from './refusals.ts';
import { translateSetting } from './settings.ts';
import { translateAppend, translateRemoveDuplicates } from './statements.ts';
import { translateAlterTable, translateCreateTable } from './tables.ts';
import { type Token, tokenize } from './tokens.ts';
import { translateTypes } from './types.ts';

/** One statement as Postgres takes it; COPY and UNLOAD stay as they were written, for their own `command.ts` to read. */
export interface Translation {
  kind: 'query' | 'copy' | 'unload' | 'truncate';
  sql: string;
  /** The parameters that it uses, in the order of `$1`, `$2`, … */
  parameters: string[];
  tokens: Token[];
}

const translateParameters = (tokens: readonly Token[], known: readonly string[], edits: Edits): string[] => {
  const used: string[] = [];
  for (const [at, { kind, text }] of tokens.entries()) {
    const name = text.slice(1);
    if (kind !== 'parameter' || !known.includes(name)) continue;
    if (!used.includes(name)) used.push(name);
    edits.replace(at, at, `$${used.indexOf(name) + 1}`);
  }
  return used;
};

/** Redshift's options of VACUUM and ANALYZE say how to lay rows out, which Postgres doesn't ask. */
const translateMaintenance = (tokens: readonly Token[], edits: Edits): void => {
  const options = ['full', 'sort', 'only', 'delete', 'reindex', 'recluster', 'verbose'];
  for (let at = 1; options.includes(tokens[at]?.word ?? ''); at++) edits.remove(at, at);
  const tail = tokens.findIndex(
    ({ word }, at) => at > 1 && ['to', 'boost', 'predicate', 'all'].includes(word),
  );
  if (tail > 0) edits.remove(tail, tokens.length - 1);
};

const quoteHashNames = (tokens: readonly Token[], edits: Edits): void => {
  for (const [at, { word }] of tokens.entries()) if (/^#\w/.test(word)) edits.replace(at, at, `"${word}"`);
};

const cannotRunInTransaction = (tokens: readonly Token[]): string | undefined => {
  if (tokens[0]!.word === 'vacuum') return 'VACUUM';
  const append = tokens.findIndex(({ word }) => word === 'append');
  if (tokens[0]!.word === 'alter' && append > 2 && tokens[append + 1]?.word === 'from')
    return 'ALTER TABLE APPEND';
  return undefined;
};

/**
 * Turns a statement in Redshift's SQL into one in Postgres's. Nothing inside literals and comments is touched.
 * Fails with a `RedshiftError` for what Redshift refuses and for what can't be done here.
 */
export const translate = (
  written: string,
  {
    inTransaction = false,
    inSession = false,
    parameters = [],
  }: { inTransaction?: boolean; inSession?: boolean; parameters?: readonly string[] } = {},
): Translation => {
  const sql = rewriteQualify(written);
  const tokens = tokenize(sql);
  const first = tokens[0];
  if (!first || first.text === ';') throw new RedshiftError('the statement is empty');
  refuse(tokens, inSession);
  const alone = cannotRunInTransaction(tokens);
  if (inTransaction && alone) throw new RedshiftError(`${alone} cannot run inside a transaction block`);
  if (first.word === 'copy' || first.word === 'unload')
    return { kind: first.word, sql, parameters: [], tokens };
  if (first.word === 'truncate') {
    const more = tokens.find(
      ({ text, word }) => text === ',' || ['cascade', 'restart', 'continue', 'only'].includes(word),
    );
    if (more) throw syntaxErrorNear(more.text);
  }
  const edits = new Edits(tokens);
  if (first.word === 'alter' && alone)
    return { kind: 'query', sql: translateAppend(tokens), parameters: [], tokens };
  const used = translateParameters(tokens, parameters, edits);
  translateTypes(tokens, edits);
  translateFunctions(tokens, edits);
  quoteHashNames(tokens, edits);
  const table = tokens.findIndex(({ word }) => word === 'table');
  if (first.word === 'create' && table > 0 && table < 4) translateCreateTable(tokens, edits);
  if (first.word === 'alter' && table === 1) translateAlterTable(tokens, edits);
  if (first.word === 'merge') translateRemoveDuplicates(tokens, edits);
  if (/^(vacuum|analy[sz]e)$/.test(first.word)) translateMaintenance(tokens, edits);
  if (/^(set|show|reset)$/.test(first.word)) translateSetting(tokens, edits);
  return {
    kind: first.word === 'truncate' ? 'truncate' : 'query',
    sql: edits.apply(sql),
    parameters: used,
    tokens,
  };
};
