import { setTimeout as pause } from 'node:timers/promises';
import {
  BatchExecuteStatementCommand,
  CancelStatementCommand,
  DescribeStatementCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  ListStatementsCommand,
  type DescribeStatementResponse,
  type RedshiftDataClient,
  type StatementData,
} from '@aws-sdk/client-redshift-data';
import { fromAwsError } from '../../aws-error.ts';
import { EtlError } from '../../domain/failure.ts';
import { hasEnded } from '../../domain/state.ts';
import type { Row, StatementBatch } from '../../ports.ts';
import { toRow } from './rows.ts';
import { stateOf } from './statement.ts';

/** Which database, as the Data API wants to be told. */
export interface Target {
  WorkgroupName?: string;
  ClusterIdentifier?: string;
  Database: string;
  SecretArn?: string;
  DbUser?: string;
}

/** One long poll; the API allows 30 s, and our requests end after 30. */
export const LONG_POLL_SECONDS = 25;
/** How long a query of our own over the catalog may take: a Serverless workgroup that slept needs a while. */
const QUERY_MS = 90_000;
const MOST_STATEMENTS = 40;
const MOST_BYTES = 100_000;

/** What the API says of a statement that it doesn't know, and of an ID that is none, as somebody may adopt one. */
const UNKNOWN = ['ResourceNotFoundException', 'ValidationException'];

export const isUnknown = (error: unknown): boolean => error instanceof Error && UNKNOWN.includes(error.name);

/**
 * The requests of the Data API that we send, each once.
 *
 * @see https://docs.aws.amazon.com/redshift-data/latest/APIReference/
 */
export class DataApi {
  readonly #client: RedshiftDataClient;
  readonly #target: Target;

  constructor(client: RedshiftDataClient, target: Target) {
    this.#client = client;
    this.#target = target;
  }

  /** Returns the statement's ID. The name is the client token, too: the same request twice is one statement. */
  async execute({ statements }: StatementBatch, name: string): Promise<string> {
    checkSize(statements);
    const common = { ...this.#target, StatementName: name, ClientToken: name };
    const [only = '', ...more] = statements;
    const command =
      more.length === 0
        ? new ExecuteStatementCommand({ ...common, Sql: only })
        : new BatchExecuteStatementCommand({ ...common, Sqls: statements });
    const { Id } = await this.#send('submit a statement', () =>
      this.#client.send(command as ExecuteStatementCommand),
    );
    return known(Id);
  }

  /** @param seconds how long the API may wait for the statement's end before it answers */
  async describe(id: string, seconds = 0, signal?: AbortSignal): Promise<DescribeStatementResponse> {
    const command = new DescribeStatementCommand({
      Id: id,
      ...(seconds > 0 && { WaitTimeSeconds: seconds }),
    });
    return this.#client.send(command, signal ? { abortSignal: signal } : {});
  }

  /** The statements whose names begin so, newest first, page by page. */
  async *list(prefix: string): AsyncIterable<StatementData[]> {
    const { ClusterIdentifier, WorkgroupName, Database } = this.#target;
    const where = {
      Database,
      ...(ClusterIdentifier !== undefined && { ClusterIdentifier }),
      ...(WorkgroupName !== undefined && { WorkgroupName }),
    };
    for (let NextToken: string | undefined; ;) {
      const command = new ListStatementsCommand({
        ...where,
        StatementName: prefix,
        Status: 'ALL',
        NextToken,
      });
      const page = await this.#send('list statements', () => this.#client.send(command));
      yield page.Statements ?? [];
      if (!page.NextToken) return;
      ({ NextToken } = page);
    }
  }

  /** Whether the request arrived in time; false for a statement that had ended. */
  async cancel(id: string): Promise<boolean> {
    try {
      await this.#client.send(new CancelStatementCommand({ Id: id }));
      return true;
    } catch (error) {
      if (/not in running|already|finished/i.test(String(error))) return false;
      throw fromAwsError(error, `cancel ${id}`);
    }
  }

  /** The first rows that a statement returned, and how many there are. */
  async rows(id: string, limit: number, seconds = 0): Promise<{ rows: Row[]; count: number }> {
    const rows: Row[] = [];
    for (let NextToken: string | undefined; ;) {
      const command = new GetStatementResultCommand({
        Id: id,
        NextToken,
        ...(seconds > 0 && { WaitTimeSeconds: seconds }),
      });
      const page = await this.#send('read a result', () => this.#client.send(command));
      const { ColumnMetadata = [], Records = [], TotalNumRows } = page;
      for (const record of Records.slice(0, limit - rows.length)) rows.push(toRow(ColumnMetadata, record));
      if (!page.NextToken || rows.length >= limit) return { rows, count: TotalNumRows ?? rows.length };
      ({ NextToken } = page);
    }
  }

  /** Runs a query of our own that is over soon, and returns its rows: two requests, as a rule. */
  async query(sql: string, name: string, limit = 10_000): Promise<Row[]> {
    const id = await this.execute({ statements: [sql] }, name);
    const until = Date.now() + QUERY_MS;
    while (Date.now() < until) {
      const askedAt = Date.now();
      try {
        return (await this.rows(id, limit, LONG_POLL_SECONDS)).rows;
      } catch (error) {
        // It may not have ended, or badly: only its description says.
        const state = stateOf(await this.#send('describe a query', () => this.describe(id)));
        if (state.status === 'done') throw error;
        if (hasEnded(state.status)) {
          const type = state.transient === undefined ? 'Rejected' : 'Unavailable';
          throw new EtlError(type, state.message ?? `a query was ${state.status}`);
        }
        if (Date.now() - askedAt < 1_000) await pause(1_000);
      }
    }
    await this.cancel(id);
    throw new EtlError('Unavailable', `a query over the catalog took more than ${QUERY_MS / 1_000} s`);
  }

  async #send<T>(doing: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw fromAwsError(error, doing);
    }
  }
}

function checkSize(statements: readonly string[]): void {
  if (statements.length === 0) throw new EtlError('Rejected', 'there is no statement in the query');
  if (statements.length > MOST_STATEMENTS)
    throw new EtlError(
      'Rejected',
      `these are ${statements.length} statements, and the Data API takes ${MOST_STATEMENTS} at once; make it several steps`,
    );
  const long = statements.findIndex((statement) => Buffer.byteLength(statement) > MOST_BYTES);
  if (long >= 0)
    throw new EtlError(
      'Rejected',
      `statement ${long + 1} has more than ${MOST_BYTES} bytes, which is what the Data API takes; make it shorter`,
    );
}

function known(id: string | undefined): string {
  if (id === undefined)
    throw new EtlError('Unexpected', 'the Redshift Data API answered without a statement ID');
  return id;
}
