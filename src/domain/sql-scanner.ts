import { ExpressionError } from './expression-error.ts';
import { templateEnd } from './template-scanner.ts';

/** What a character of SQL belongs to. */
export type SqlContext = 'code' | 'quote' | 'comment';

export interface SqlTemplate {
  /** Of the `${`. */
  offset: number;
  length: number;
  context: SqlContext;
}

/** Which quotes and comments a dialect knows beyond the common ones. */
export interface Reading {
  /** Whether `\'` is a quote inside of quotes, as in Redshift, Spark and Hive. */
  backslashEscapes: boolean;
}

/** A stretch of SQL in one context. In code, `${…}` and `;` stand alone. */
export interface Span {
  context: SqlContext;
  start: number;
  end: number;
}

const LINE_COMMENT = /--[^\n]*/y;
const BLOCK_MARK = /\/\*|\*\//g;
const DOLLAR_QUOTE = /(?<![\w$])\$(?:[A-Za-z_]\w*)?\$(?!\{)/y;

const matchAt = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
};

function blockCommentEnd(text: string, at: number): number {
  let depth = 0;
  for (const mark of text.slice(at).matchAll(BLOCK_MARK)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return at + mark.index + 2;
  }
  return text.length;
}

function quoteEnd(text: string, at: number, reading: Reading): number {
  const quote = text[at];
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\' && quote !== '`' && reading.backslashEscapes) end += 1;
    else if (text[end] === quote) {
      if (text[end + 1] !== quote) return end + 1;
      end += 1;
    }
  }
  return text.length;
}

/** The comment or the quoted text that starts at an offset, if one does. */
export function spanAt(text: string, at: number, reading: Reading): Span | undefined {
  const span = (context: SqlContext, end: number): Span => ({ context, start: at, end });
  const lineComment = matchAt(LINE_COMMENT, text, at);
  if (lineComment) return span('comment', at + lineComment.length);
  if (text.startsWith('/*', at)) return span('comment', blockCommentEnd(text, at));
  if (["'", '"', '`'].includes(text.charAt(at))) return span('quote', quoteEnd(text, at, reading));
  const dollars = matchAt(DOLLAR_QUOTE, text, at);
  if (!dollars) return undefined;
  const close = text.indexOf(dollars, at + dollars.length);
  return span('quote', close < 0 ? text.length : close + dollars.length);
}

function readTemplates(text: string, reading: Reading): SqlTemplate[] {
  const templates: SqlTemplate[] = [];
  const add = (offset: number, context: SqlContext): number => {
    // A comment may hold half a template; it is kept as it is.
    const end = context === 'comment' ? offset + 2 : templateEnd(text, offset);
    templates.push({ offset, length: end - offset, context });
    return end;
  };

  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${', at)) at += 3;
    else if (text.startsWith('${', at)) at = add(at, 'code');
    else {
      const span = spanAt(text, at, reading);
      for (const found of text.slice(at, span?.end ?? at).matchAll(/\$\$\{|\$\{/g))
        if (found[0] === '${' && span) add(at + found.index, span.context);
      at = span?.end ?? at + 1;
    }
  }
  return templates;
}

/**
 * The templates of a SQL text. Dialects disagree about the backslash; where that leaves it open whether a template
 * stands inside of quotes, it counts as inside.
 */
export function sqlTemplates(text: string): SqlTemplate[] {
  const readings = [true, false].map((backslashEscapes) => readTemplates(text, { backslashEscapes }));
  const byOffset = new Map<number, SqlTemplate[]>();
  for (const template of readings.flat())
    byOffset.set(template.offset, [...(byOffset.get(template.offset) ?? []), template]);

  return [...byOffset.values()]
    .map(([first, second]): SqlTemplate => {
      if (!first) throw new ExpressionError('a template without a reading', 0);
      return first.context === second?.context ? first : { ...first, context: 'quote' };
    })
    .toSorted((left, right) => left.offset - right.offset);
}
