import type { DescribeStatementResponse } from '@aws-sdk/client-redshift-data';
import { unexpected } from '../../domain/failure.ts';
import type { WorkStatus } from '../../domain/state.ts';
import type { WorkState } from '../../ports.ts';

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
export function stateOf({ Status, Error: error, SubStatements }: DescribeStatementResponse): WorkState {
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
