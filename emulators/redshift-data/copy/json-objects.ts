import { RedshiftError } from '../error.ts';
import { isTooLong } from './record.ts';

/** The text of an object, or of what stands where one should, and the line on which it ends. */
export interface JsonText {
  raw: string;
  line: number;
}

const [QUOTE, BACKSLASH, NEWLINE] = ['"', '\\', '\n'].map((character) => character.charCodeAt(0));
const isOpening = (code: number): boolean => code === 0x7b || code === 0x5b;
const isClosing = (code: number): boolean => code === 0x7d || code === 0x5d;

/** The objects and arrays of a file of JSON, which may stand on one line each or spread over several. */
export async function* jsonTexts(stream: AsyncIterable<Buffer>): AsyncGenerator<JsonText[]> {
  let open = '';
  let [depth, line] = [0, 1];
  let [inString, escaped, stray] = [false, false, false];
  for await (const chunk of stream) {
    const text = chunk.toString('latin1');
    const found: JsonText[] = [];
    let from = 0;
    const end = (to: number): void => {
      found.push({ raw: open + text.slice(from, to), line });
      open = '';
      from = to;
      stray = false;
    };
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE && stray && depth === 0) end(at);
      if (code === NEWLINE) line++;
      if (escaped) escaped = false;
      else if (inString) {
        if (code === BACKSLASH) escaped = true;
        else if (code === QUOTE) inString = false;
      } else if (depth === 0 && !isOpening(code)) {
        if (code > 0x20) stray = true;
        else if (!stray) from = at + 1;
      } else if (code === QUOTE) inString = true;
      else if (isOpening(code)) depth++;
      else if (isClosing(code) && --depth === 0) end(at + 1);
    }
    open += text.slice(from);
    if (isTooLong(open)) throw new RedshiftError(`JSON object of more than 4 MB before line ${line}`);
    yield found;
  }
  if (open.trim()) yield [{ raw: open, line }];
}
