import type { FinishedWork } from '../../activities/work.ts';
import type { Json, StepOf } from '../../src/domain/definition.ts';
import { isQuery, refusedInTransaction } from '../../src/domain/sql-kind.ts';
import { bindParameters } from '../../src/domain/sql-parameters.ts';
import { renderSql, splitStatements } from '../../src/domain/sql-template.ts';
import { renderDeep } from '../../src/domain/template.ts';
import type { Row } from '../../src/ports.ts';
import { brief } from '../activities.ts';
import { toComplete } from '../deadline.ts';
import { failure, rejecting } from '../failures.ts';
import { runOnce } from '../once.ts';
import type { StepRun } from '../step-run.ts';
import { doWork } from '../work.ts';

/** Statements in the warehouse: as one transaction that takes effect once, or each on its own. */
export async function redshiftSql(step: StepRun, { args }: StepOf<'redshiftSql'>) {
  const { warehouse, autoCommit = false } = args;
  const statements = splitStatements(sqlOf(step, args));
  if (autoCommit) return oneByOne(step, warehouse, statements);
  // What only reads may be read again, and needs no ledger.
  if (statements.every(isQuery)) return resultOf(await query(step, warehouse, statements, 1), statements);
  return inTransaction(step, warehouse, statements);
}

/** A text of SQL with the values in it. */
export function sqlOf(
  step: StepRun,
  { query: text, parameters }: { query: string; parameters?: Record<string, Json> },
): string {
  return rejecting(() => {
    const scope = step.scope();
    const sql = renderSql(text, scope);
    if (parameters === undefined) return sql;
    return bindParameters(sql, renderDeep(parameters, scope) as Record<string, Json>);
  }, 'query: ');
}

/** Runs statements that change nothing. */
export function query(
  step: StepRun,
  warehouse: string,
  statements: string[],
  rows: number,
): Promise<FinishedWork> {
  return doWork(step, {
    to: { kind: 'warehouse', name: warehouse },
    what: 'the statement',
    spec: { statements },
    nextKey: () => step.nextKey(),
    onlyReads: true,
    ...(rows !== 1 && { rows }),
  });
}

async function inTransaction(step: StepRun, warehouse: string, statements: string[]) {
  const refused = statements.map(refusedInTransaction).find((reason) => reason !== undefined);
  if (refused !== undefined) throw failure('Rejected', `${refused}, or say autoCommit: true`);
  const { definition, interval, seq } = step.run.plan;
  const target = `${definition.name}/${step.definition.id}`;
  const key = step.onceKey();
  const once = { target, unit: `${target}/${interval.id}`, key, seq };
  const prepare = brief(`${step.definition.id}: prepares the transaction`);
  const plan = await prepare.prepareStatements({ warehouse, statements, once });
  // The guard returns a row, too, which is nobody's business.
  const rows = statements.some(isQuery) ? 1 : 0;
  const finished = await runOnce(step, { warehouse, what: 'the statements', plan, key, rows });
  if (finished) return resultOf(finished, statements, plan.before);
  // It had taken effect, and its answer was lost: what it reads at its end can be read again.
  const last = statements.at(-1) ?? '';
  if (!isQuery(last)) return { rowsAffected: null, row: null, statements: [] };
  const { row } = resultOf(await toComplete(() => query(step, warehouse, [last], 1)), [last]);
  return { rowsAffected: null, row, statements: [] };
}

/** Each statement is remembered when it is done, so that every attempt goes on behind it; one whose answer was lost may run again. */
async function oneByOne(step: StepRun, warehouse: string, statements: string[]) {
  const results = step.committed;
  for (const [index, statement] of statements.entries()) {
    if (index < results.length) continue;
    const finished = await doWork(step, {
      to: { kind: 'warehouse', name: warehouse },
      what: `statement ${index + 1} of ${statements.length}`,
      spec: { statements: [statement] },
      nextKey: () => step.nextKey(),
    });
    results.push(resultOf(finished, [statement]));
  }
  return {
    rowsAffected: results.reduce((sum, { rowsAffected }) => sum + rowsAffected, 0),
    row: results.findLast(({ row }) => row !== null)?.row ?? null,
    statements: results.flatMap((result) => result.statements),
  };
}

/** What statements came to. */
export interface StatementsResult {
  rowsAffected: number;
  row: Row | null;
  statements: Shown[];
}

interface Shown {
  sql: string;
  rows: number;
  ms: number;
}

const SHOWN_LENGTH = 60;

function resultOf(
  { statements: result }: FinishedWork,
  statements: readonly string[],
  before = 0,
): StatementsResult {
  const all = result?.statements ?? [];
  const done = all.slice(before, before + statements.length);
  // The ledger's own row is nobody's business.
  const ledgerRows = before > 0 ? (all.at(-1)?.rows ?? 0) : 0;
  return {
    rowsAffected: Math.max(0, (result?.rowsAffected ?? 0) - ledgerRows),
    row: result?.row ?? null,
    statements: done.map(({ rows, ms }, index) => ({ sql: shortened(statements[index] ?? ''), rows, ms })),
  };
}

function shortened(sql: string): string {
  const line = sql.replaceAll(/\s+/g, ' ');
  return line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH - 1)}…` : line;
}
