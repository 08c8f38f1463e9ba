import type { Expectation, StepOf } from '../../src/domain/definition.ts';
import type { ExpectationOutcome } from '../../src/domain/expectation-outcome.ts';
import { evaluateCondition } from '../../src/domain/expression.ts';
import { notOneQuery } from '../../src/domain/one-select.ts';
import { cutOff, sampleOf, SAMPLE_CHARACTERS } from '../../src/domain/sample.ts';
import { splitStatements } from '../../src/domain/sql-template.ts';
import type { Row } from '../../src/ports.ts';
import { failure, rejecting } from '../failures.ts';
import type { StepRun } from '../step-run.ts';
import { query, sqlOf } from './redshift-sql.ts';

/** So many of the rows that broke an expectation say what is wrong. */
const SAMPLED = 10;
const IN_MESSAGE = 3;

/** Queries in the warehouse whose answers must be as expected. */
export async function check(step: StepRun, { args: { warehouse, expectations } }: StepOf<'check'>) {
  const outcomes: ExpectationOutcome[] = [];
  const room = SAMPLE_CHARACTERS / expectations.length;
  const queries = expectations.map((expectation) => queryOf(step, expectation));
  for (const [index, expectation] of expectations.entries())
    outcomes.push(await outcomeOf(step, warehouse, expectation, queries[index] ?? [], room));
  const broken = outcomes.filter(({ passed }) => !passed);
  const failed = broken.filter(({ severity }) => severity === 'fail');
  const several = outcomes.length > 1;
  if (failed.length > 0) {
    const short = outcomes.map((one) => ({ ...one, row: one.row && (sampleOf([one.row], room)[0] ?? null) }));
    const evidence = { sample: samplesOf(failed), ...(several && { expectations: short }) };
    throw failure('JobFailed', failed.map(wordsOf).join('; '), evidence);
  }
  return {
    passed: broken.length === 0,
    row: outcomes[0]?.row ?? null,
    ...(broken.length > 0 && { warnings: broken.map(wordsOf), sample: samplesOf(broken) }),
    ...(several && { expectations: outcomes }),
  };
}

const samplesOf = (outcomes: ExpectationOutcome[]): Row[] => outcomes.flatMap(({ sample }) => sample);

/** The one statement of an expectation; a value in it may have made it another than the file says. */
function queryOf(step: StepRun, expectation: Expectation): string[] {
  const sql = sqlOf(step, expectation);
  const wrong = notOneQuery(sql);
  if (wrong) throw failure('Rejected', `query: ${wrong.message}; ${wrong.fix}`);
  return splitStatements(sql);
}

async function outcomeOf(
  step: StepRun,
  warehouse: string,
  { expect, severity, name }: Expectation,
  statements: string[],
  room: number,
): Promise<ExpectationOutcome> {
  const finished = await query(step, warehouse, statements, SAMPLED);
  const { row = null, rows = [], count = 0 } = finished.statements ?? {};
  const named = { name: name ?? expect ?? 'no rows', severity, row };
  if (expect === undefined)
    return { ...named, passed: count === 0, broken: count, sample: sampleOf(rows, room) };
  const holds = rejecting(() => evaluateCondition(expect, { ...step.scope(), row }), 'expect: ');
  const sample = holds || row === null ? [] : sampleOf([row], room);
  return { ...named, passed: holds, broken: holds ? 0 : 1, sample };
}

function wordsOf({ name, broken, row, sample }: ExpectationOutcome): string {
  const words = (one: Row | null) => cutOff(JSON.stringify(one));
  if (name === 'no rows' || broken > 1 || sample.length > 1) {
    const some = sample.slice(0, IN_MESSAGE).map(words);
    return `${name}: ${broken} rows are not as they should be, like ${some.join(', ')}`;
  }
  return `expected ${name}, and the row is ${words(row)}`;
}
