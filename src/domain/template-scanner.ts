import { ExpressionError } from './expression-error.ts';

/** A CEL text, raw or not, of any quotes, or a comment, or a brace. */
const TOKEN = new RegExp(
  [
    String.raw`[rR]?(?<long>"""|''')(?:\\[^]|(?!\k<long>)[^\\])*\k<long>`,
    String.raw`[rR]?(?<short>["'])(?:\\[^]|(?!\k<short>)[^\\\n])*\k<short>`,
    String.raw`//[^\n]*`,
    '[{}]',
  ].join('|'),
  'g',
);

/** Where the `${…}` that starts at `at` ends, after its brace. Braces inside of texts don't count. */
export function templateEnd(text: string, at: number): number {
  let depth = 1;
  for (const match of text.slice(at + 2).matchAll(TOKEN)) {
    if (match[0] === '{') depth += 1;
    if (match[0] === '}') depth -= 1;
    if (depth === 0) return at + 2 + match.index + 1;
  }
  throw new ExpressionError('${ has no closing }; $${ stands for the characters ${', at);
}
