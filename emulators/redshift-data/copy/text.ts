/** A value in the text format of Postgres's COPY; null is `\N`. */
export const copyValue = (value: string): string =>
  /[\\\n\r\t]/.test(value) ? value.replace(/[\\\n\r\t]/g, escape) : value;

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escape = (character: string): string => ESCAPES[character]!;

const CHUNK_BYTES = 65_536;

/** Gathers lines, which are byte strings, into pieces that are worth a write. */
export async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let chunk = '';
  for await (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK_BYTES) continue;
    yield Buffer.from(chunk, 'latin1');
    chunk = '';
  }
  if (chunk) yield Buffer.from(chunk, 'latin1');
}
