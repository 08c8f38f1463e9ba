import type { StepOf } from '../../src/domain/definition.ts';
import { evaluateCondition } from '../../src/domain/expression.ts';
import { failure, rejecting } from '../failures.ts';
import type { StepRun } from '../step-run.ts';
import { statements } from './redshift-sql.ts';

/** A query in the warehouse whose first row must be as expected. */
export async function check(step: StepRun, { args }: StepOf<'check'>) {
  const { row } = await statements(step, args);
  const passed = rejecting(() => evaluateCondition(args.expect, { ...step.scope(), row }), 'expect: ');
  if (!passed) throw failure('JobFailed', `expected ${args.expect}, and the row is ${JSON.stringify(row)}`);
  return { passed, row };
}
