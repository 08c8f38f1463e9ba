/** Something wrong in a file: where, what, and what to write instead. */
export interface Problem {
  file: string;
  /** Counts from 1, as `column` does. */
  line: number;
  column: number;
  code: ProblemCode;
  message: string;
  fix: string;
}

export const PROBLEM_CODES = [
  'yaml-syntax',
  'duplicate-key',
  'unknown-field',
  'missing-field',
  'wrong-type',
  'conflicting-fields',
  'bad-name',
  'bad-id',
  'bad-duration',
  'bad-cron',
  'bad-timezone',
  'bad-path',
  'ambiguous-path',
  'bad-cel',
  'bad-template',
  'template-in-quotes',
  'env-in-pipeline',
  'unknown-root',
  'unknown-param',
  'unknown-step',
  'later-step',
  'cycle',
  'mixed-needs',
  'duplicate-id',
  'key-collision',
  'no-kind',
  'two-kinds',
  'unknown-kind',
  'missing-connection',
  'unknown-connection',
  'unknown-pipeline',
  'engine-cannot',
  'missing-file',
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

export interface Place {
  file: string;
  line: number;
  column: number;
}

/** Takes a message of ours apart: what is wrong, and what to do, stand on the sides of the first `; `. */
export function whatAndFix(text: string, otherwise: string): Pick<Problem, 'message' | 'fix'> {
  const [message = '', ...fix] = text.split('; ');
  return { message, fix: fix.join('; ') || otherwise };
}

/** The same problems, each once, in the order of their places. */
export function sortedProblems(problems: readonly Problem[], mainFile: string): Problem[] {
  const unique = [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
  const rank = ({ file }: Problem): string => (file === mainFile ? '' : file);
  return unique.toSorted(
    (left, right) =>
      rank(left).localeCompare(rank(right), 'en') || left.line - right.line || left.column - right.column,
  );
}
