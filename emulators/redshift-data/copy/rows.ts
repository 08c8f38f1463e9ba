import type { CopyCommand } from './command.ts';
import { LoadError, type LoadErrors, type LoadProblem } from './load-error.ts';
import { fromBytes, type SourceRecord } from './record.ts';
import { isRejection, type Rejection, rejection } from './rejection.ts';
import type { Target } from './target.ts';
import { encoderOf } from './values.ts';

/** A row in COPY's text format, or what is wrong with it and with which column. */
type Line = string | { rejected: Rejection; column?: number; field?: string | null };

const lineOf = (target: Target, command: CopyCommand): ((record: SourceRecord) => Line) => {
  const encoders = target.columns.map((column) => encoderOf(column, command));
  return ({ fields }) => {
    if (isRejection(fields)) return { rejected: fields };
    if (fields.length > encoders.length) return { rejected: rejection(1202, 'Extra column(s) found') };
    if (fields.length < encoders.length && !command.fillRecord)
      return { rejected: rejection(1214, 'Delimiter not found'), column: fields.length - 1 };
    let line = '';
    for (const [n, encode] of encoders.entries()) {
      const value = encode(n < fields.length ? fields[n]! : null);
      if (typeof value !== 'string') return { rejected: value, column: n, field: fields[n] ?? null };
      line += n === 0 ? value : `\t${value}`;
    }
    return `${line}\n`;
  };
};

/** The error that ends a load: more rows were bad than MAXERROR allows. */
const tooMany = (problem: LoadProblem, { name }: Target): LoadError => {
  const place = `${problem.file}, line ${problem.line}${problem.column && `, column ${problem.column}`}`;
  return new LoadError(
    `Load into table '${name}' failed. Check 'sys_load_error_detail' system table for details.\n  Detail: ${place}: ${fromBytes(problem.reason)}`,
    problem,
  );
};

/**
 * The rows of a file as lines of COPY's text format. A bad one goes to the load errors; the one that makes them as many
 * as MAXERROR ends the load with a `LoadError`.
 */
export async function* goodLines(
  file: string,
  records: AsyncIterable<SourceRecord[]>,
  { command, target, errors }: { command: CopyCommand; target: Target; errors: LoadErrors },
): AsyncGenerator<string> {
  const toLine = lineOf(target, command);
  for await (const batch of records) {
    let text = '';
    for (const record of batch) {
      const line = toLine(record);
      if (typeof line === 'string') {
        text += line;
        continue;
      }
      const column = line.column === undefined ? undefined : target.columns[line.column];
      const problem = {
        ...line.rejected,
        file,
        line: record.line,
        column: column?.name ?? '',
        columnType: column?.type ?? '',
        rawLine: record.raw.replace(/\r?\n$/, ''),
        rawField: line.field ?? '',
      };
      await errors.add(problem);
      if (errors.count >= Math.max(1, command.maxErrors)) throw tooMany(problem, target);
    }
    if (text) yield text;
  }
}
