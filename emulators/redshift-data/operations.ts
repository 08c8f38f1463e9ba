import { z } from 'zod';
import * as catalog from './catalog.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid, notFound } from './error.ts';
import { createExecution } from './execution.ts';
import * as requests from './requests.ts';
import type { ResultFormat } from './result.ts';
import type { Runner } from './runner.ts';
import { sessionData, type Sessions } from './sessions.ts';
import { describeStatement, type Statement, statementData } from './statement.ts';
import type { Statements } from './statements.ts';

export interface OperationsOptions {
  endpoint: Endpoint;
  statements: Statements;
  sessions: Sessions;
  runner: Runner;
}

/** Takes a request's JSON and gives the answer's. Fails with an `ApiError`. */
export type Operation = (body: unknown) => Promise<string>;

const operation =
  <Schema extends z.ZodType>(
    schema: Schema,
    answer: (request: z.infer<Schema>) => Promise<unknown>,
  ): Operation =>
  async (body) => {
    const request = schema.safeParse(body);
    if (!request.success) throw invalid(z.prettifyError(request.error));
    const result = await answer(request.data);
    return typeof result === 'string' ? result : JSON.stringify(result);
  };

/** The entries from the one behind `NextToken` on, which is a number that falls from entry to entry. */
const listed = <Entry>(
  all: readonly Entry[],
  { NextToken = '0', MaxResults }: { NextToken?: string | undefined; MaxResults: number },
) => {
  const from = Number(NextToken);
  if (!Number.isInteger(from) || from < 0) throw invalid('Invalid NextToken.');
  const to = from + (MaxResults || 100);
  return { shown: all.slice(from, to), ...(to < all.length && { next: String(to) }) };
};

const matches =
  (request: z.infer<typeof requests.ListStatements>) =>
  (statement: Statement): boolean =>
    (!request.WorkgroupName || statement.workgroup === request.WorkgroupName) &&
    (!request.ClusterIdentifier || statement.cluster === request.ClusterIdentifier) &&
    (!request.Database || statement.database === request.Database) &&
    (request.StatementName === undefined || (statement.name ?? '').startsWith(request.StatementName)) &&
    [statement.status, 'ALL'].includes(request.Status ?? 'FINISHED');

/** The operations by name. https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_Operations.html */
export const createOperations = (options: OperationsOptions): Record<string, Operation> => {
  const { endpoint, statements, sessions, runner } = options;
  const execute = createExecution(options);

  const result =
    (format: ResultFormat) =>
    async ({ Id, NextToken = '0', WaitTimeSeconds = 0 }: z.infer<typeof requests.GetStatementResult>) => {
      await statements.wait(Id, WaitTimeSeconds);
      const statement = statements.get(Id);
      if (statement.isBatch && !Id.includes(':')) {
        throw invalid(
          `A batch has a result for each of its statements: ask for ${Id}:1 to ${Id}:${statement.parts.length}.`,
        );
      }
      const { result: found, status, id } = statements.part(Id);
      // A result of a batch that was rolled back, or is still to be committed, is nobody's.
      const isKept = statement.executionMode === 'AUTO_COMMIT' || statement.status === 'FINISHED';
      if (!found || status !== 'FINISHED' || !isKept) {
        throw notFound('Query does not have result. Please check query status with DescribeStatement.', Id);
      }
      if (found.format !== format) {
        const other = format === 'CSV' ? 'GetStatementResult' : 'GetStatementResultV2';
        throw invalid(`The result of ${Id} is in the format ${found.format}: use ${other}.`);
      }
      const page = Number(NextToken);
      if (!Number.isInteger(page) || page < 0 || page >= found.pages) throw invalid('Invalid NextToken.');
      const body = await statements.results.page(id, page);
      const records = format === 'CSV' ? `{"CSVRecords":${JSON.stringify(body)}}` : body;
      const next = page + 1 < found.pages ? `"NextToken":"${page + 1}",` : '';
      const head = `"ColumnMetadata":${JSON.stringify(found.columns)},"TotalNumRows":${found.rows},"ResultFormat":"${format}"`;
      return `{${head},${next}"Records":[${records}]}`;
    };

  return {
    ExecuteStatement: operation(requests.ExecuteStatement, ({ Sql, ...rest }) =>
      execute({ ...rest, Sqls: [Sql] }, false),
    ),
    BatchExecuteStatement: operation(requests.BatchExecuteStatement, (request) => execute(request, true)),
    DescribeStatement: operation(requests.DescribeStatement, async ({ Id, WaitTimeSeconds }) => {
      await statements.wait(Id, WaitTimeSeconds ?? 0);
      return describeStatement(statements.get(Id));
    }),
    GetStatementResult: operation(requests.GetStatementResult, result('JSON')),
    GetStatementResultV2: operation(requests.GetStatementResult, result('CSV')),
    // As on AWS, only finished statements are listed unless a status is given.
    ListStatements: operation(requests.ListStatements, async ({ NextToken, ...request }) => {
      // Newer statements may come between two pages, so a page begins below a statement and not at a place.
      const below = NextToken === undefined ? Number.POSITIVE_INFINITY : Number(NextToken);
      const all = statements
        .list()
        .filter(matches(request))
        .filter(({ number }) => number < below);
      const { shown, next } = listed(all, request);
      return {
        Statements: shown.map(statementData),
        ...(next !== undefined && { NextToken: String(shown.at(-1)!.number) }),
      };
    }),
    ListSessions: operation(requests.ListSessions, async (request) => {
      const all = sessions
        .list()
        .filter(
          ({ id, status, database, workgroup, cluster }) =>
            id === (request.SessionId ?? id) &&
            status === (request.Status ?? status) &&
            database === (request.Database ?? database) &&
            workgroup === (request.WorkgroupName ?? workgroup) &&
            cluster === (request.ClusterIdentifier ?? cluster),
        );
      const { shown, next } = listed(all, request);
      return { Sessions: shown.map(sessionData), ...(next !== undefined && { NextToken: next }) };
    }),
    CancelStatement: operation(requests.CancelStatement, async ({ Id }) => {
      const statement = statements.get(Id);
      if (!(await runner.cancel(statement))) {
        throw invalid(`Could not cancel a query that is already in ${statement.status} state with ID: ${Id}`);
      }
      return { Status: true };
    }),
    ListDatabases: operation(requests.ListDatabases, (request) =>
      catalog.listDatabases(endpoint.connection(request), request),
    ),
    ListSchemas: operation(requests.ListSchemas, (request) =>
      catalog.listSchemas(endpoint.connection(request), request),
    ),
    ListTables: operation(requests.ListTables, (request) =>
      catalog.listTables(endpoint.connection(request), request),
    ),
    DescribeTable: operation(requests.DescribeTable, (request) =>
      catalog.describeTable(endpoint.connection(request), request),
    ),
  };
};
