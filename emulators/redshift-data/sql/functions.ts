import type { Edits } from './edits.ts';
import { notDone, RedshiftError } from '../error.ts';
import { closing, hasWords, type Token } from './tokens.ts';

/** https://docs.aws.amazon.com/redshift/latest/dg/r_Dateparts_for_datetime_functions.html */
const DATE_PARTS: Record<string, readonly string[]> = {
  year: ['year', 'years', 'y', 'yr', 'yrs'],
  quarter: ['quarter', 'quarters', 'qtr', 'qtrs'],
  month: ['month', 'months', 'mon', 'mons'],
  week: ['week', 'weeks', 'w'],
  day: ['day', 'days', 'd'],
  hour: ['hour', 'hours', 'h', 'hr', 'hrs'],
  minute: ['minute', 'minutes', 'm', 'min', 'mins'],
  second: ['second', 'seconds', 's', 'sec', 'secs'],
};

const datePart = (token: Token | undefined): string => {
  const name = token?.text.replace(/^'|'$/g, '').toLowerCase() ?? '';
  const part = Object.entries(DATE_PARTS).find(([, aliases]) => aliases.includes(name))?.[0];
  if (!part) throw new RedshiftError(`invalid datepart "${name}"`);
  return part;
};

/** The commas of a call's own arguments. */
const commas = (tokens: readonly Token[], open: number, close: number): number[] => {
  const found: number[] = [];
  for (let at = open + 1; at < close; at++) {
    if (tokens[at]!.text === '(') at = closing(tokens, at);
    else if (tokens[at]!.text === ',') found.push(at);
  }
  return found;
};

/** `date_part(dow, x)`: what isn't one of our date parts Postgres knows by the same name. */
const quotePart = (tokens: readonly Token[], at: number, edits: Edits): void => {
  const { kind, word } = tokens[at]!;
  if (kind !== 'word') return;
  const part = Object.entries(DATE_PARTS).find(([, aliases]) => aliases.includes(word))?.[0];
  edits.replace(at, at, `'${part ?? word}'`);
};

/** `LISTAGG(x, ',') WITHIN GROUP (ORDER BY y)` is `string_agg(x::text, ',' ORDER BY y)` in Postgres. */
const translateListagg = (tokens: readonly Token[], at: number, edits: Edits): void => {
  const open = at + 1;
  const close = closing(tokens, open);
  const comma = commas(tokens, open, close)[0];
  edits.replace(at, at, 'string_agg');
  const first = ['distinct', 'all'].includes(tokens[open + 1]?.word ?? '') ? open + 2 : open + 1;
  edits.insertBefore(first, 'cast(');
  edits.insertAfter((comma ?? close) - 1, ` as text)${comma ? '' : ", ''"}`);
  if (hasWords(tokens, close + 1, ['within', 'group'])) edits.replace(close, close + 3, ' ');
};

/** `NVL2(a, b, c)` is `CASE WHEN a IS NOT NULL THEN b ELSE c END`. */
const translateNvl2 = (tokens: readonly Token[], at: number, edits: Edits): void => {
  const close = closing(tokens, at + 1);
  const [first, second, more] = commas(tokens, at + 1, close);
  if (!first || !second || more) throw new RedshiftError('function nvl2 takes 3 arguments');
  edits.replace(at, at + 1, '(CASE WHEN (');
  edits.replace(first, first, ') IS NOT NULL THEN (');
  edits.replace(second, second, ') ELSE (');
  edits.replace(close, close, ') END)');
};

/** `DECODE(x, 1, 'a', 'b')` is `CASE x WHEN 1 THEN 'a' ELSE 'b' END`, as long as no NULL is looked for. */
const translateDecode = (tokens: readonly Token[], at: number, edits: Edits): void => {
  const close = closing(tokens, at + 1);
  const places = commas(tokens, at + 1, close);
  if (places.length < 2) throw new RedshiftError('function decode takes at least 3 arguments');
  edits.replace(at, at + 1, '(CASE (');
  for (const [n, place] of places.entries()) {
    const isSearch = n % 2 === 0 && n < places.length - 1;
    if (isSearch && tokens[place + 1]!.word === 'null')
      throw notDone('DECODE() that looks for NULL', 'use CASE');
    edits.replace(place, place, isSearch ? ') WHEN (' : n % 2 === 1 ? ') THEN (' : ') ELSE (');
  }
  edits.replace(close, close, ') END)');
};

/** `SELECT TOP n …` is `SELECT … LIMIT n` at the end of the same query. */
const translateTop = (tokens: readonly Token[], at: number, edits: Edits): void => {
  let end = at + 2;
  for (; end < tokens.length; end++) {
    const { text, word } = tokens[end]!;
    if (text === '(') end = closing(tokens, end);
    else if (text === ')' || text === ';') break;
    else if (['union', 'intersect', 'except', 'minus', 'limit'].includes(word))
      throw notDone(`TOP with ${text}`);
  }
  edits.remove(at, at + 1);
  edits.insertAfter(end - 1, ` LIMIT ${tokens[at + 1]!.text}`);
};

/** Rewrites the functions and words of Redshift that Postgres hasn't; those that are functions there stand in `bootstrap.ts`. */
export const translateFunctions = (tokens: readonly Token[], edits: Edits): void => {
  for (const [at, { word }] of tokens.entries()) {
    const called = tokens[at + 1]?.text === '(';
    const before = tokens[at - 1];
    if (before?.text === '.') continue;
    if (['nvl', 'isnull'].includes(word) && called) edits.replace(at, at, 'COALESCE');
    else if (word === 'nvl2' && called) translateNvl2(tokens, at, edits);
    else if (word === 'decode' && called) translateDecode(tokens, at, edits);
    else if (
      word === 'minus' &&
      ['select', '('].includes(tokens[at + 1]?.word || (tokens[at + 1]?.text ?? ''))
    )
      edits.replace(at, at, 'EXCEPT');
    else if (word === 'approximate' && ['count', 'percentile_disc'].includes(tokens[at + 1]?.word ?? ''))
      edits.remove(at, at);
    else if (word === 'format_type' && called) edits.replace(at, at, 'redshift_format_type');
    else if (word === 'median' && called)
      edits.replace(at, at + 1, 'percentile_cont(0.5) WITHIN GROUP (ORDER BY ');
    else if (word === 'sysdate' && !called && before?.word !== 'as') edits.replace(at, at, 'sysdate()');
    else if (['dateadd', 'date_add', 'datediff', 'date_diff'].includes(word) && called) {
      edits.replace(at, at, word.replace('_', ''));
      edits.replace(at + 2, at + 2, `'${datePart(tokens[at + 2])}'`);
    } else if (word === 'date_part' && called && tokens[at + 3]?.text === ',') {
      quotePart(tokens, at + 2, edits);
    } else if (word === 'listagg' && called) translateListagg(tokens, at, edits);
    else if (
      word === 'top' &&
      tokens[at + 1]?.kind === 'number' &&
      /^(select|distinct|all)$/.test(before?.word ?? '')
    ) {
      translateTop(tokens, at, edits);
    }
  }
};
