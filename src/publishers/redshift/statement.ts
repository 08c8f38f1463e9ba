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

/** The transaction was rolled back because of others: the same again may well succeed. */
const ROLLED_BACK =
  /serializ|could not serialize|deadlock detected|conflict with (a )?concurrent|tuple concurrently|violates unique constraint "pg_|1023/i;
/** The connection broke: the transaction may have been committed. */
const UNCLEAR =
  /terminating connection|connection (terminated|reset|refused|closed)|ECONNRESET|EPIPE|server closed|system is shutting down|starting up|warehouse restarted/i;

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
  const message = words.replace(/^ERROR:\s*/, '').replaceAll(/\s*\n\s*/g, ' ');
  return {
    status,
    message,
    ...(failedAt >= 0 && { statement: failedAt }),
    ...(UNCLEAR.test(words)
      ? { transient: 'unclear' }
      : ROLLED_BACK.test(words)
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
