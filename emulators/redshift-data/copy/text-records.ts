import { RedshiftError } from '../error.ts';
import type { CopyCommand } from './command.ts';
import { splitFixedWidth, splitOf } from './fields.ts';
import { isTooLong, type SourceRecord } from './record.ts';

const linesIn = (raw: string): number => {
  let lines = 0;
  for (let at = raw.indexOf('\n'); at >= 0; at = raw.indexOf('\n', at + 1)) lines++;
  return lines;
};

/** The rows of a file of delimited text, CSV or fixed width, as many at a time as have come. */
export async function* textRecords(
  stream: AsyncIterable<Buffer>,
  command: CopyCommand,
): AsyncGenerator<SourceRecord[]> {
  const split =
    command.format === 'fixedwidth'
      ? splitFixedWidth(command.widths.map(({ width }) => width))
      : splitOf(command);
  let text = '';
  let line = 1;
  const take = (isLast: boolean): SourceRecord[] => {
    const records: SourceRecord[] = [];
    let at = 0;
    while (at < text.length) {
      const isHeader = line <= command.ignoreHeader;
      const next = text.indexOf('\n', at);
      const row = isHeader
        ? next < 0 && !isLast
          ? undefined
          : { fields: [], end: next < 0 ? text.length : next + 1 }
        : split(text, at, isLast);
      if (!row) break;
      const raw = text.slice(at, row.end);
      const isBlank = command.ignoreBlankLines && raw.trim() === '';
      if (!isHeader && !isBlank) records.push({ fields: row.fields, line, raw });
      line += Math.max(1, linesIn(raw));
      at = row.end;
    }
    text = text.slice(at);
    if (isTooLong(text)) throw new RedshiftError(`Input row of more than 4 MB at line ${line}`);
    return records;
  };
  for await (const chunk of stream) {
    text += chunk.toString('latin1');
    yield take(false);
  }
  yield take(true);
}
