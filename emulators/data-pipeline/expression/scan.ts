/** A text in which expressions stand between `#{` and `}`. */
export type Part = { text: string } | { source: string };

/** Takes a text apart. Quotes inside an expression hide its end. Throws for an expression that doesn't end. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (let at = text.indexOf('#{'); at >= 0; at = text.indexOf('#{', from)) {
    const end = endOf(text, at + 2);
    if (at > from) parts.push({ text: text.slice(from, at) });
    parts.push({ source: text.slice(at + 2, end) });
    from = end + 1;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

function endOf(text: string, from: number): number {
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote !== '') {
      if (character === '\\') at += 1;
      else if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '}') return at;
  }
  throw new Error(`#{${text.slice(from)} has no end`);
}
