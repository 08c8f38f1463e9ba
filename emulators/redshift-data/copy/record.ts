import type { Rejection } from './rejection.ts';

/**
 * A row of a file of text. All texts of COPY are byte strings, with a character for each byte: Redshift measures in
 * bytes, and what is no UTF-8 must be noticed and not mended.
 */
export interface SourceRecord {
  /** In the order of the columns that are filled, or why the row can't be taken apart. */
  fields: (string | null)[] | Rejection;
  /** From 1; of JSON the last line of the object. */
  line: number;
  /** As it stands in the file. */
  raw: string;
}

const MAX_ROW_BYTES = 4 * 1024 * 1024;

export const isTooLong = (raw: string): boolean => raw.length > MAX_ROW_BYTES;

export const toBytes = (text: string): string =>
  /[^\0-\x7F]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;

export const fromBytes = (bytes: string): string =>
  /[^\0-\x7F]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
