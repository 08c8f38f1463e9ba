import type { Row } from './statements.ts';

/** So much of a sample is kept: it stands in the history, in the run's record and in its progress. */
export const SAMPLE_CHARACTERS = 16_000;
const LONGEST_TEXT = 500;

/** As many of the first rows as there is room for, with long texts cut off. */
export function sampleOf(rows: readonly Row[], room = SAMPLE_CHARACTERS): Row[] {
  const sample: Row[] = [];
  let left = room;
  for (const row of rows) {
    const short: Row = {};
    for (const [name, value] of Object.entries(row))
      short[name] = typeof value === 'string' ? cutOff(value) : value;
    left -= JSON.stringify(short).length;
    if (left < 0) break;
    sample.push(short);
  }
  return sample;
}

/** A text that is no longer than one in a sample. */
export const cutOff = (text: string): string =>
  text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
