import type { StepOf } from '../../src/domain/definition.ts';
import { renderSql, splitStatements } from '../../src/domain/sql-template.ts';
import type { Row } from '../../src/ports.ts';
import { rejecting } from '../failures.ts';
import type { StepRun } from '../step-run.ts';
import { doWork } from '../work.ts';

/** Statements in the warehouse, as one transaction. */
export async function redshiftSql(step: StepRun, { args }: StepOf<'redshiftSql'>) {
  return statements(step, args);
}

/** Runs SQL text whose `${…}` are values; the first row of the last query comes back. */
export async function statements(
  step: StepRun,
  { warehouse, query }: { warehouse: string; query: string },
): Promise<{ rowsAffected: number; row: Row | null }> {
  const text = rejecting(() => renderSql(query, step.scope()), 'query: ');
  const { statements: result } = await doWork(step, {
    to: { kind: 'warehouse', name: warehouse },
    what: 'the statement',
    spec: { statements: splitStatements(text) },
    nextKey: () => step.nextKey(),
  });
  return { rowsAffected: result?.rowsAffected ?? 0, row: result?.row ?? null };
}
