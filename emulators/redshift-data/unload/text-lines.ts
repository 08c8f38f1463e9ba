import { RedshiftError } from '../error.ts';
import type { Column } from './column.ts';
import type { UnloadCommand } from './command.ts';

type Cell = string | null;

const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;

const csvLine =
  ({ delimiter = ',', nullAs }: UnloadCommand): ((row: readonly Cell[]) => string) =>
  (row) =>
    row
      .map((value) => {
        if (value === null) return nullAs;
        return value.includes(delimiter) || /["\n\r]/.test(value) ? quoted(value) : value;
      })
      .join(delimiter);

const delimitedLine = ({ delimiter = '|', nullAs, escape, addQuotes }: UnloadCommand) => {
  const special = new RegExp(`[\\\\\\n\\r"'${delimiter.replace(/[\\\]^-]/, String.raw`\$&`)}]`, 'g');
  const cell = (value: Cell): string => {
    if (value === null) return nullAs;
    const escaped = escape ? value.replace(special, String.raw`\$&`) : value;
    return addQuotes ? `"${escape ? escaped : escaped.replaceAll('"', '""')}"` : escaped;
  };
  return (row: readonly Cell[]): string => row.map(cell).join(delimiter);
};

const fixedWidthLine = (columns: readonly Column[], { widths, nullAs }: UnloadCommand) => {
  const all = columns.map(({ name }) => {
    const width = widths.get(name);
    if (width === undefined) throw new RedshiftError(`FIXEDWIDTH has no width for the column ${name}`);
    return width;
  });
  return (row: readonly Cell[]): string =>
    row.map((value, n) => (value ?? nullAs).slice(0, all[n]).padEnd(all[n]!)).join('');
};

const jsonLine = (columns: readonly Column[]) => {
  const cells = columns.map(({ name, type }) => {
    const key = JSON.stringify(name);
    const raw = ['int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'super'].includes(type);
    return (value: Cell): string => {
      if (value === null) return `${key}:null`;
      if (type === 'bool') return `${key}:${value === 't'}`;
      return `${key}:${raw && !/^(-?inf|nan)/i.test(value) ? value : JSON.stringify(value)}`;
    };
  });
  return (row: readonly Cell[]): string => `{${row.map((value, n) => cells[n]!(value)).join(',')}}`;
};

/** How a row becomes a line, without its end. */
export const lineOf = (
  columns: readonly Column[],
  command: UnloadCommand,
): ((row: readonly Cell[]) => string) => {
  if (command.format === 'csv') return csvLine(command);
  if (command.format === 'json') return jsonLine(columns);
  if (command.format === 'fixedwidth') return fixedWidthLine(columns, command);
  return delimitedLine(command);
};
