import type { Readable } from 'node:stream';
import { copyValue } from './copy-text.ts';
import type { Target } from './copy-target.ts';
import { LoadError } from './load-error.ts';

/** The texts of the objects in a file of JSON, which may stand on one line each or spread over several. */
async function* objects(stream: AsyncIterable<Buffer>): AsyncGenerator<{ text: string; line: number }> {
  const decoder = new TextDecoder();
  let text = '';
  let [depth, line, startLine] = [0, 1, 1];
  let [inString, escaped] = [false, false];
  for await (const chunk of stream) {
    for (const character of decoder.decode(chunk, { stream: true })) {
      if (character === '\n') line++;
      if (depth === 0) {
        if (/\s/.test(character)) continue;
        startLine = line;
      }
      text += character;
      if (escaped) escaped = false;
      else if (inString && character === '\\') escaped = true;
      else if (character === '"') inString = !inString;
      else if (!inString && character === '{') depth++;
      else if (!inString && character === '}') depth--;
      if (depth > 0) continue;
      yield { text, line: startLine };
      text = '';
    }
  }
  if (text) yield { text, line: startLine };
}

type JsonRow = Record<string, string | boolean | object | null>;

/** Numbers become strings, so that none loses digits on its way. */
const parse = (text: string): JsonRow =>
  JSON.parse(
    text.replace(
      /("(?:[^"\\]|\\.)*")|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g,
      (all, string?: string) => string ?? `"${all}"`,
    ),
  ) as JsonRow;

/** The rows of a JSON file as lines of COPY's text format: fields go by the name of the column, a missing one is null. */
export async function* jsonLines(url: string, stream: Readable, { columns }: Target): AsyncGenerator<string> {
  for await (const { text, line } of objects(stream)) {
    const problem = { file: url, line, column: '', columnType: '' };
    let row: JsonRow;
    try {
      row = parse(text);
    } catch {
      throw new LoadError(`Invalid JSON in ${url}, line ${line}`, problem);
    }
    const values = columns.map(({ name, type }) => {
      const value = row[name] ?? null;
      if (typeof value === 'object' && value !== null) {
        const where = { ...problem, column: name, columnType: type };
        throw new LoadError(
          `${url}, line ${line}: the field ${name} has a nested value, which needs SUPER`,
          where,
        );
      }
      return copyValue(value === null ? null : String(value));
    });
    yield `${values.join('\t')}\n`;
  }
}
