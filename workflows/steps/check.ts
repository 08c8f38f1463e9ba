import type { Expectation, StepOf } from '../../src/domain/definition.ts';
import { evaluateCondition } from '../../src/domain/expression.ts';
import type { Row } from '../../src/ports.ts';
import { failure, rejecting } from '../failures.ts';
import type { StepRun } from '../step-run.ts';
import { query, statementsOf } from './redshift-sql.ts';

/** So many of the rows that broke an expectation say what is wrong. */
const SAMPLED = 10;
const IN_MESSAGE = 3;

interface Outcome {
  name: string;
  severity: Expectation['severity'];
  passed: boolean;
  row: Row | null;
  /** How many rows broke it, and the first of them. */
  broken: number;
  sample: Row[];
}

/** Queries in the warehouse whose answers must be as expected. */
export async function check(step: StepRun, { args: { warehouse, expectations } }: StepOf<'check'>) {
  const outcomes: Outcome[] = [];
  for (const expectation of expectations) outcomes.push(await outcomeOf(step, warehouse, expectation));
  const broken = outcomes.filter(({ passed }) => !passed);
  const failed = broken.filter(({ severity }) => severity === 'fail');
  if (failed.length > 0) throw failure('JobFailed', failed.map(wordsOf).join('; '));
  return {
    passed: broken.length === 0,
    row: outcomes[0]?.row ?? null,
    ...(broken.length > 0 && {
      warnings: broken.map(wordsOf),
      sample: broken.flatMap(({ sample }) => sample),
    }),
    ...(outcomes.length > 1 && { expectations: outcomes }),
  };
}

async function outcomeOf(step: StepRun, warehouse: string, expectation: Expectation): Promise<Outcome> {
  const { expect, severity, name } = expectation;
  const finished = await query(step, warehouse, statementsOf(step, expectation), SAMPLED);
  const { row = null, rows = [], count = 0 } = finished.statements ?? {};
  const named = { name: name ?? expect ?? 'no rows', severity, row };
  if (expect === undefined) return { ...named, passed: count === 0, broken: count, sample: rows };
  const holds = rejecting(() => evaluateCondition(expect, { ...step.scope(), row }), 'expect: ');
  return { ...named, passed: holds, broken: holds ? 0 : 1, sample: holds || row === null ? [] : [row] };
}

function wordsOf({ name, broken, row, sample }: Outcome): string {
  if (name === 'no rows' || broken > 1 || sample.length > 1) {
    const some = sample.slice(0, IN_MESSAGE).map((one) => JSON.stringify(one));
    return `${name}: ${broken} rows are not as they should be, like ${some.join(', ')}`;
  }
  return `expected ${name}, and the row is ${JSON.stringify(row)}`;
}
