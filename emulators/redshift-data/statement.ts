import { randomInt, randomUUID } from 'node:crypto';
import type { ResultFormat } from './result.ts';
import type { Result } from './results.ts';

export const STATUSES = ['SUBMITTED', 'PICKED', 'STARTED', 'FINISHED', 'FAILED', 'ABORTED'] as const;
export type Status = (typeof STATUSES)[number];

export interface Parameter {
  name: string;
  value: string;
}

/** One SQL text and how its run went. */
export interface Part {
  /** A UUID, or in a batch `UUID:number`, counted from 1. */
  id: string;
  sql: string;
  status: Status;
  error?: string;
  createdAtMs: number;
  updatedAtMs: number;
  durationMs?: number;
  /** Rows that were returned or changed. */
  rows?: number;
  result?: Result;
  queryId?: number;
}

/** What one call of ExecuteStatement or BatchExecuteStatement started. */
export interface Statement extends Part {
  /** The order in which statements were submitted. */
  number: number;
  parts: Part[];
  isBatch: boolean;
  executionMode: 'TRANSACTION' | 'AUTO_COMMIT';
  name?: string;
  clientToken?: string;
  parameters: Parameter[];
  database: string;
  workgroup?: string;
  cluster?: string;
  secretArn?: string;
  dbUser?: string;
  pid?: number;
  sessionId?: string;
  resultFormat: ResultFormat;
  withEvent: boolean;
}

export const hasEnded = ({ status }: Part): boolean => ['FINISHED', 'FAILED', 'ABORTED'].includes(status);

const newPart = (id: string, sql: string): Part => {
  const now = Date.now();
  return { id, sql, status: 'SUBMITTED', createdAtMs: now, updatedAtMs: now };
};

export const newStatement = (
  sqls: readonly string[],
  rest: Pick<
    Statement,
    'isBatch' | 'executionMode' | 'parameters' | 'database' | 'resultFormat' | 'withEvent'
  > &
    Partial<Statement>,
): Statement => {
  const id = randomUUID();
  return {
    ...newPart(id, sqls.join(';\n')),
    number: 0,
    parts: sqls.map((sql, n) => newPart(rest.isBatch ? `${id}:${n + 1}` : id, sql)),
    ...rest,
  };
};

export const setStatus = (part: Part, status: Status, error?: string): void => {
  part.status = status;
  part.updatedAtMs = Date.now();
  if (error !== undefined) part.error = error;
};

export const newQueryId = (): number => randomInt(1_000_000, 1_000_000_000);

const common = (part: Part): Record<string, unknown> => ({
  Status: part.status,
  ...(part.error !== undefined && { Error: part.error }),
  CreatedAt: part.createdAtMs / 1000,
  UpdatedAt: part.updatedAtMs / 1000,
  Duration: part.durationMs === undefined ? -1 : Math.round(part.durationMs * 1e6),
  QueryString: part.sql,
  HasResultSet: part.result !== undefined,
  ResultRows: part.rows ?? -1,
  ResultSize: part.result?.bytes ?? (part.rows === undefined ? -1 : 0),
  RedshiftQueryId: part.queryId ?? -1,
});

/** The body of DescribeStatement. https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_DescribeStatement.html */
export const describeStatement = (statement: Statement): Record<string, unknown> => {
  const { id, isBatch, parts, parameters } = statement;
  return {
    ...common(isBatch ? statement : { ...parts[0]!, ...statementOutcome(statement) }),
    Id: id,
    Database: statement.database,
    DbUser: statement.dbUser ?? 'awsuser',
    ...(statement.workgroup && { WorkgroupName: statement.workgroup }),
    ...(statement.cluster && { ClusterIdentifier: statement.cluster }),
    ...(statement.secretArn && { SecretArn: statement.secretArn }),
    ...(parameters.length > 0 && { QueryParameters: parameters }),
    RedshiftPid: statement.pid ?? 0,
    ResultFormat: statement.resultFormat,
    ...(statement.sessionId !== undefined && { SessionId: statement.sessionId }),
    ...(isBatch && {
      QueryString: '',
      ExecutionMode: statement.executionMode,
      HasResultSet: parts.some(({ result }) => result),
      SubStatements: parts.map((part) => ({ Id: part.id, ...common(part) })),
    }),
  };
};

/** A statement's own status and error, which say more than its only part's while it waits for a connection. */
const statementOutcome = ({ status, error, createdAtMs, updatedAtMs }: Statement): Partial<Part> => ({
  status,
  ...(error !== undefined && { error }),
  createdAtMs,
  updatedAtMs,
});

/** An entry of ListStatements. https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_StatementData.html */
export const statementData = (statement: Statement): Record<string, unknown> => ({
  Id: statement.id,
  ...(statement.name !== undefined && { StatementName: statement.name }),
  Status: statement.status,
  CreatedAt: statement.createdAtMs / 1000,
  UpdatedAt: statement.updatedAtMs / 1000,
  IsBatchStatement: statement.isBatch,
  ...(statement.isBatch
    ? { QueryStrings: statement.parts.map(({ sql }) => sql) }
    : { QueryString: statement.parts[0]!.sql }),
  ...(statement.secretArn && { SecretArn: statement.secretArn }),
  ...(statement.parameters.length > 0 && { QueryParameters: statement.parameters }),
  ResultFormat: statement.resultFormat,
  ...(statement.sessionId !== undefined && { SessionId: statement.sessionId }),
});
