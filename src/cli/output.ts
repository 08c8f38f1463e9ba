import { styleText } from 'node:util';
import type { StepState } from '../domain/state.ts';
import { asCliError } from './known-error.ts';

type Style = Parameters<typeof styleText>[0];

/** Colours a text on a terminal; anywhere else it stays plain. */
export const paint = (style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string =>
  styleText(style, text, { stream });

export const STATE_STYLE = {
  waiting: 'dim',
  running: 'cyan',
  lost: 'magenta',
  done: 'green',
  skipped: 'dim',
  failed: 'red',
  cancelled: 'yellow',
} as const satisfies Record<StepState, Style>;

/** Writes a result: one line of JSON for scripts. */
export const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** Everything but results goes to stderr. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Columns that line up; the widest cell decides. Colours may be in the cells. */
export function table(rows: string[][]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, width(cell))));
  const line = (row: string[]) =>
    row
      .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const width = (cell: string): number => cell.replaceAll(ESCAPES, '').length;

/** Reports an error as the contract has it, and sets the exit code. */
export function report(error: unknown, json: boolean): void {
  const { type, message, fix, exitCode, extra } = asCliError(error);
  process.exitCode = exitCode;
  if (json) printJson({ error: { type, message, fix, ...extra } });
  const [first = '', ...more] = message.split('\n');
  const what = more.length === 0 ? first : `${first} (and ${more.length} more)`;
  say(`${paint('red', 'error', process.stderr)}: ${what}${fix === '' ? '' : `; ${fix}`}`);
}
