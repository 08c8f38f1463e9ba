import type pg from 'pg';
import { inDatabase } from './bootstrap.ts';
import { RedshiftError } from './error.ts';

/** Where and why a COPY failed. */
export interface LoadProblem {
  file: string;
  /** From 1; 0 where the format has no lines. */
  line: number;
  column: string;
  columnType: string;
}

/** An error of COPY that goes to `sys_load_error_detail` as well. */
export class LoadError extends RedshiftError {
  readonly problem: LoadProblem;

  constructor(message: string, problem: LoadProblem) {
    super(message);
    this.problem = problem;
  }
}

/**
 * Writes a row of SYS_LOAD_ERROR_DETAIL on a connection of its own, so that it outlives the load's rollback.
 * https://docs.aws.amazon.com/redshift/latest/dg/SYS_LOAD_ERROR_DETAIL.html
 */
export const recordLoadError = (
  admin: pg.ClientConfig,
  { message, problem: { file, line, column, columnType } }: LoadError,
  ids: { queryId: number; tableId: number },
): Promise<void> =>
  inDatabase(admin, async (client) => {
    await client.query(
      `INSERT INTO sys_load_error_detail VALUES
        ($1, $2, statement_timestamp() AT TIME ZONE 'UTC', $3, $4, $5, $6, 1, $7)`,
      [
        ids.queryId,
        ids.tableId,
        file.slice(-256),
        line,
        column,
        columnType.slice(0, 10),
        message.slice(0, 512),
      ],
    );
  });
