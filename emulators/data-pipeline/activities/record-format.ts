import type { BoundObject } from '../types/type.ts';

/** How the records of a data node's files are written. */
export interface RecordFormat {
  separator: string;
  /** What ends a record. */
  end: string;
  escape: string;
  columns: { name: string; type: string }[];
}

const FORMATS: Readonly<Record<string, string>> = { CSV: ',', TSV: '\t' };
const UNESCAPED: Readonly<Record<string, string>> = { '\\t': '\t', '\\n': '\n', '\\u0001': '\u0001' };
const character = (text: string | undefined) => (text === undefined ? undefined : (UNESCAPED[text] ?? text));

/** The format of an S3DataNode; undefined where it has none. */
export function formatOf(node: BoundObject): RecordFormat | undefined {
  const format = node.object('dataFormat');
  if (format === undefined) return undefined;
  // One text may hold several columns, with commas between; those inside of a type such as decimal(10, 2) are its own.
  const columns = format.texts('column').flatMap((text) => text.split(/,(?![^(]*\))/));
  return {
    separator: character(format.text('columnSeparator')) ?? FORMATS[format.type] ?? ',',
    end: character(format.text('recordSeparator')) ?? '\n',
    escape: format.text('escapeChar') ?? '\\',
    columns: columns.map((column) => {
      const [name = '', type = 'STRING'] = column.trim().split(/\s+(.*)/);
      return { name, type };
    }),
  };
}

/** NULL as Hive and Data Pipeline write it. */
const NULL = '\\N';

export function writeRecords(rows: (string | null)[][], { separator, end, escape }: RecordFormat): string {
  const marked = (text: string) =>
    [...text]
      .map((sign) => (sign === separator || sign === end || sign === escape ? escape + sign : sign))
      .join('');
  return rows
    .map((row) => row.map((value) => (value === null ? NULL : marked(value))).join(separator) + end)
    .join('');
}

export function readRecords(text: string, { separator, end, escape }: RecordFormat): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  let value = '';
  let isNull = false;
  const endValue = () => {
    row.push(isNull ? null : value);
    value = '';
    isNull = false;
  };
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === escape) {
      at += 1;
      isNull = value === '' && text.charAt(at) === 'N';
      value += text.charAt(at);
    } else if (sign === separator) endValue();
    else if (sign === end) {
      endValue();
      rows.push(row);
      row = [];
    } else value += sign;
  }
  if (value !== '' || row.length > 0) {
    endValue();
    rows.push(row);
  }
  return rows;
}
