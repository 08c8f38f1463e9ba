import { RedshiftError, syntaxErrorNear } from '../error.ts';
import type { Edits } from './edits.ts';
import { hasWords, type Token } from './tokens.ts';

const written = (tokens: readonly Token[], from: number, to: number): string =>
  tokens
    .slice(from, to)
    .map(({ text, word }) => (word.startsWith('#') ? `"${word}"` : text))
    .join('');

/** `MERGE INTO t USING s ON … REMOVE DUPLICATES`: the rows of `t` that match go, and all of `s` come, each once. */
export const translateRemoveDuplicates = (tokens: readonly Token[], edits: Edits): void => {
  const at = tokens.findIndex((_, n) => hasWords(tokens, n, ['remove', 'duplicates']));
  if (at < 0) return;
  const target = tokens[1]?.word === 'into' ? 2 : 1;
  const using = tokens.findIndex(({ word }) => word === 'using');
  const on = tokens.findIndex(({ word }) => word === 'on');
  if (using < 0 || on < using) throw syntaxErrorNear('REMOVE');
  const source = written(tokens, using + 1, on);
  edits.replace(0, target - 1, 'WITH removed AS (DELETE FROM');
  edits.replace(on, on, 'WHERE');
  const insert = `INSERT INTO ${written(tokens, target, using)} SELECT DISTINCT * FROM ${source}`;
  edits.replace(at, at + 1, `) ${insert}`);
};

/** `ALTER TABLE t APPEND FROM s` is a procedure of `functions.ts`. */
export const translateAppend = (tokens: readonly Token[]): string => {
  const at = tokens.findIndex((_, n) => n > 2 && hasWords(tokens, n, ['append', 'from']));
  const end = tokens.length - (tokens.at(-1)!.text === ';' ? 1 : 0);
  const option = ['ignoreextra', 'filltarget'].includes(tokens[end - 1]!.word) ? tokens[end - 1]!.word : '';
  const sourceEnd = option ? end - 1 : end;
  if (sourceEnd <= at + 2) throw new RedshiftError('syntax error at end of input');
  const literal = (name: string): string => `'${name.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  const names = [written(tokens, 2, at), written(tokens, at + 2, sourceEnd)].map(literal);
  return `CALL pg_catalog.redshift_append(${names.join(', ')}, '${option}')`;
};
