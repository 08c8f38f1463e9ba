import { TemplateError } from './expression-error.ts';

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
  throw new TemplateError('${ has no closing }; $${ stands for the characters ${', at);
}

/** A stretch of a template: plain text, or an expression, from after its `${` to before its brace. */
export type TemplateSpan = { text: string; offset: number } | { start: number; end: number };

/** Tells the plain text of a template from its expressions. `$${` stands for the characters `${`. */
export function templateSpans(text: string): TemplateSpan[] {
  const spans: TemplateSpan[] = [];
  let plain = '';
  let plainAt = 0;
  const endPlain = (): void => {
    if (plain !== '') spans.push({ text: plain, offset: plainAt });
    plain = '';
  };

  let at = 0;
  while (at < text.length) {
    if (text.startsWith('${', at)) {
      endPlain();
      const end = templateEnd(text, at);
      spans.push({ start: at + 2, end: end - 1 });
      plainAt = at = end;
      continue;
    }
    if (plain === '') plainAt = at;
    const isEscape = text.startsWith('$${', at);
    plain += isEscape ? '${' : text.charAt(at);
    at += isEscape ? 3 : 1;
  }
  endPlain();
  return spans;
}
