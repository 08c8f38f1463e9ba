import { ExpressionError, parseExpression, TemplateError } from '../domain/expression.ts';
import type { Expression } from '../domain/expression.ts';
import { notOneQuery, notOneSelect, type Wrong } from '../domain/one-select.ts';
import { filledIn, readSqlPart, sqlTemplates } from '../domain/sql-template.ts';
import { expressionAt } from '../domain/template.ts';
import { templateSpans } from '../domain/template-scanner.ts';
import { whatAndFix, type Place, type Problem, type ProblemCode } from './problem.ts';
import type { StepText } from './texts.ts';

const CEL_MEND = 'write CEL, like steps.x.rows > 0 && params.y == "z"';
const SECRET = /(?<!\$)\$\{\s*(env|secret):/g;
const isSecret = (expression: string): boolean => /^\s*(env|secret):/.test(expression);

export type Locate = (offset: number) => Place;

/** What could be read of a text, and what is wrong with the rest. */
export interface CheckedText {
  expressions: Expression[];
  problems: Problem[];
}

/** References to secrets and to the environment, which have no place in a pipeline file. */
export const secretProblems = (text: string, locate: Locate): Problem[] =>
  [...text.matchAll(SECRET)].map((match) => ({
    ...locate(match.index),
    code: 'env-in-pipeline',
    message: `\${${match[1] ?? ''}:…} can't stand in a pipeline file`,
    fix: 'give the value to a connection in millrace.yaml, or take a param',
  }));

function problem(error: unknown, locate: Locate): Problem {
  if (!(error instanceof ExpressionError)) throw error;
  const code: ProblemCode = error instanceof TemplateError ? 'bad-template' : 'bad-cel';
  const isAssignment = /Unexpected character: =/.test(error.message);
  return {
    ...locate(error.offset),
    code,
    ...whatAndFix(error.message, isAssignment ? 'equality is ==' : CEL_MEND),
  };
}

/** Reads each of the parts, so that all that is wrong with a text is told at once. */
function readAll(locate: Locate, parts: readonly (() => Expression)[]): CheckedText {
  const checked: CheckedText = { expressions: [], problems: [] };
  for (const read of parts) {
    try {
      checked.expressions.push(read());
    } catch (error) {
      checked.problems.push(problem(error, locate));
    }
  }
  return checked;
}

function checkSql(text: string, locate: Locate): CheckedText {
  const templates = sqlTemplates(text);
  const parts = templates.filter(
    ({ context, offset }) => context === 'code' && !isSecret(text.slice(offset + 2)),
  );
  const checked = readAll(
    locate,
    parts.map(
      ({ offset, length }) =>
        () =>
          readSqlPart(text, offset, length).expression,
    ),
  );
  const quoted = templates
    .filter(({ context }) => context === 'quote')
    .map(({ offset, length }): Problem => ({
      ...locate(offset),
      code: 'template-in-quotes',
      message: `${text.slice(offset, offset + length)} stands inside of quotes, and it is a value with quotes of its own`,
      fix: 'remove the quotes, or write $${ for the characters ${',
    }));
  return { ...checked, problems: [...checked.problems, ...quoted] };
}

function checkOne(text: string, locate: Locate, wrong: Wrong | undefined): CheckedText {
  const checked = checkSql(text, locate);
  if (wrong === undefined) return checked;
  const { offset, ...said } = wrong;
  return { ...checked, problems: [...checked.problems, { ...locate(offset), code: 'wrong-type', ...said }] };
}

function checkTemplate({ kind, text }: StepText, locate: Locate): CheckedText {
  const spans = templateSpans(text);
  const checked = readAll(
    locate,
    spans.flatMap((span) =>
      'text' in span || isSecret(text.slice(span.start, span.end))
        ? []
        : [() => expressionAt(text, span.start, span.end)],
    ),
  );
  const isWhole = spans.length === 1 && !('text' in (spans[0] ?? { text }));
  if (kind !== 'fileSet' || isWhole) return checked;
  const message = 'files have a format beside their path';
  const fix = `write { path: ${JSON.stringify(text)}, format: parquet }, or \${steps.x.output}`;
  return { ...checked, problems: [...checked.problems, { ...locate(0), code: 'wrong-type', message, fix }] };
}

/** Reads the expressions of a text. References to secrets are told by `secretProblems`. */
export function checkText(text: StepText, locate: Locate): CheckedText {
  try {
    if (text.kind === 'sql') return checkSql(text.text, locate);
    if (text.kind === 'select') return checkOne(text.text, locate, notOneSelect(text.text));
    if (text.kind === 'question') return checkOne(text.text, locate, notOneQuery(filledIn(text.text)));
    if (text.kind === 'template' || text.kind === 'fileSet') return checkTemplate(text, locate);
    return readAll(locate, [() => parseExpression(text.text)]);
  } catch (error) {
    return { expressions: [], problems: [problem(error, locate)] };
  }
}
