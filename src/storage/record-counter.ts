/** Counts the records of one file, chunk by chunk. */
export interface RecordCounter {
  add(chunk: Uint8Array): void;
  end(): number;
}

const code = (char: string): number => char.charCodeAt(0);
const QUOTE = code('"');
const COMMA = code(',');
const LF = code('\n');
const CR = code('\r');
const BACKSLASH = code('\\');
const OPENING = ['{', '['].map(code);
const CLOSING = ['}', ']'].map(code);
const SPACES = [' ', '\t', '\n', '\r', '\u{feff}'].map(code);
const BOM = [0xef, 0xbb, 0xbf];

/**
 * Counts CSV records without the header. A line break inside quotes ends no record. An empty line is a record only
 * where there is a single column: it is how NULL is written there.
 */
export function createCsvCounter(): RecordCounter {
  let records = 0;
  let isQuoted = false;
  let isEmpty = true;
  let columns = 1;
  const endRecord = () => {
    if (!isEmpty || (records > 0 && columns === 1)) records += 1;
    isEmpty = true;
  };
  return {
    add(chunk) {
      for (const byte of chunk) {
        if (byte === QUOTE) isQuoted = !isQuoted;
        if (byte === LF && !isQuoted) {
          endRecord();
        } else if (byte !== CR) {
          isEmpty = false;
          if (byte === COMMA && !isQuoted && records === 0) columns += 1;
        }
      }
    },
    end() {
      if (!isEmpty) endRecord();
      return Math.max(records - 1, 0);
    },
  };
}

/** Counts the objects of newline-delimited JSON, or of one array at the top. */
export function createJsonCounter(): RecordCounter {
  let records = 0;
  let depth = 0;
  /** How deep a record begins: 0 unless the file is one array. */
  let recordDepth: number | undefined;
  let isString = false;
  let isEscaped = false;
  return {
    add(chunk) {
      for (const byte of chunk) {
        if (isString) {
          if (isEscaped) isEscaped = false;
          else if (byte === BACKSLASH) isEscaped = true;
          else if (byte === QUOTE) isString = false;
          continue;
        }
        if (recordDepth === undefined) {
          if (SPACES.includes(byte) || BOM.includes(byte)) continue;
          recordDepth = byte === code('[') ? 1 : 0;
        }
        if (byte === QUOTE) isString = true;
        else if (OPENING.includes(byte)) {
          if (depth === recordDepth) records += 1;
          depth += 1;
        } else if (CLOSING.includes(byte)) depth -= 1;
      }
    },
    end: () => records,
  };
}
