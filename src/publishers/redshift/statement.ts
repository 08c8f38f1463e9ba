import type { DescribeStatementResponse } from '@aws-sdk/client-redshift-data';
import { unexpected } from '../../domain/failure.ts';
import type { WorkStatus } from '../../domain/state.ts';
import type { StatementResult, WorkState } from '../../ports.ts';

/** https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_DescribeStatement.html */
const STATUS: Readonly<Record<string, WorkStatus>> = {
  SUBMITTED: 'queued',
  PICKED: 'queued',
  STARTED: 'running',
  FINISHED: 'done',
  FAILED: 'failed',
  ABORTED: 'cancelled',
};

/*
 * Errors are told apart by how they begin, never by a word or number somewhere in them: behind the beginning stand names
 * and values of the user's, like public.orders_1023.
 */

/** The transaction was rolled back because of others: the same again may well succeed. */
const ROLLED_BACK: readonly RegExp[] = [
  // https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation-serializable-isolation-troubleshooting.html
  /^1023\s+details?:\s*serializable isolation violation/i,
  /^could not serialize access/i,
  /^could not complete because of conflict with (a )?concurrent transaction/i,
  /^deadlock detected/i,
  /^tuple concurrently (updated|deleted)/i,
  // Two who make the same schema or table at once meet in the catalog.
  /^duplicate key value violates unique constraint "pg_/i,
];

/** The connection broke: the transaction may have been committed. */
const UNCLEAR: readonly RegExp[] = [
  /^terminating connection/i,
  /^(the )?connection (was )?(terminated|reset|refused|closed)/i,
  /^(connect|read|write) E(CONNRESET|CONNREFUSED|PIPE)\b/,
  /^server closed the connection/i,
  /^the database system is (shutting down|starting up)/i,
  /^query was interrupted: the warehouse restarted/i,
];

/** The severity, and the word that a driver has before an error of its own. */
const SEVERITY = /^((ERROR|FATAL|PANIC):\s*)+/i;

/** Where a statement or batch stands. */
export function stateOf({
  Status,
  Error: error,
  SubStatements,
}: Pick<DescribeStatementResponse, 'Id' | 'Status' | 'Error' | 'SubStatements'>): WorkState {
  const status = STATUS[Status ?? ''] ?? unexpected('the Redshift Data API', Status ?? 'none');
  if (status !== 'failed') return { status };
  const failedAt = SubStatements?.findIndex((statement) => statement.Status === 'FAILED') ?? -1;
  const words = SubStatements?.[failedAt]?.Error ?? error ?? 'no reason given';
  const said = words.replace(SEVERITY, '');
  const isOneOf = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(said));
  return {
    status,
    message: said.replaceAll(/\s*\n\s*/g, ' '),
    ...(failedAt >= 0 && { statement: failedAt }),
    ...(isOneOf(UNCLEAR)
      ? { transient: 'unclear' }
      : isOneOf(ROLLED_BACK)
        ? { transient: 'rolledBack' }
        : {}),
  };
}

/** What the description of a finished statement or batch says of its result. */
export function resultOf(answer: DescribeStatementResponse): {
  rowsAffected: number;
  statements: StatementResult[];
  /** The last statement that returned rows. */
  queryId?: string;
} {
  const all = answer.SubStatements?.length ? answer.SubStatements : [answer];
  // For a query, ResultRows counts the rows of its answer; for anything else, those that it changed; -1 is unknown.
  const statements = all.map(({ ResultRows = 0, Duration = 0 }) => ({
    rows: Math.max(0, ResultRows),
    ms: Math.round(Duration / 1e6),
  }));
  const rowsAffected = all.reduce(
    (sum, { HasResultSet }, index) => sum + (HasResultSet ? 0 : (statements[index]?.rows ?? 0)),
    0,
  );
  const queryId = all.findLast(({ HasResultSet }) => HasResultSet)?.Id;
  return { rowsAffected, statements, ...(queryId !== undefined && { queryId }) };
}
