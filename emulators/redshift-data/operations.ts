import type pg from 'pg';
import { z } from 'zod';
import { USER } from './bootstrap.ts';
import * as catalog from './catalog.ts';
import { invalid, notFound } from './error.ts';
import * as requests from './requests.ts';
import { resultPage } from './result.ts';
import type { Runner } from './runner.ts';
import { describeStatement, newStatement, type Statement, statementData } from './statement.ts';
import type { Statements } from './statements.ts';
import { tokenize } from './sql/tokens.ts';

export interface OperationsOptions {
  statements: Statements;
  runner: Runner;
  workgroup: string;
  defaultDatabase: string;
  userConnection: (database: string) => pg.ClientConfig;
}

type Operation = (body: unknown) => Promise<string>;

type Execution = Omit<z.infer<typeof requests.BatchExecuteStatement>, 'ExecutionMode'> & {
  ExecutionMode?: 'TRANSACTION' | 'AUTO_COMMIT';
};

const parameterNames = (sql: string): string[] => {
  try {
    return tokenize(sql).flatMap(({ kind, text }) => (kind === 'parameter' ? [text.slice(1)] : []));
  } catch (error) {
    throw invalid((error as Error).message);
  }
};

/** The operations by name: each takes the request's JSON and gives the answer's. Fails with an `ApiError`. */
export const createOperations = (options: OperationsOptions): Record<string, Operation> => {
  const { statements, runner, workgroup, defaultDatabase } = options;

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

  const checkEndpoint = ({ WorkgroupName, ClusterIdentifier }: z.infer<typeof requests.Connection>): void => {
    if (Boolean(WorkgroupName) === Boolean(ClusterIdentifier)) {
      throw invalid('Exactly one of WorkgroupName and ClusterIdentifier must be given.');
    }
    const name = (WorkgroupName ?? ClusterIdentifier)!.replace(/^arn:.*[:/]/, '');
    if (name !== workgroup) {
      throw invalid(
        `Redshift endpoint doesn't exist in this region: the stand-in has only '${workgroup}', not '${name}'.`,
      );
    }
  };

  const connect = (
    request: z.infer<typeof requests.Connection> & { ConnectedDatabase?: string | undefined },
  ) => {
    checkEndpoint(request);
    return options.userConnection(request.ConnectedDatabase ?? request.Database ?? defaultDatabase);
  };

  const checkParameters = ({ Sqls, Parameters = [] }: Execution): void => {
    if (Parameters.length === 0) return;
    const used = new Set(Sqls.flatMap(parameterNames));
    const unused = Parameters.filter(({ name }) => !used.has(name)).map(({ name }) => name);
    if (unused.length > 0) {
      throw invalid(`Parameters list contains unused parameters. Unused parameters: [${unused.join(', ')}]`);
    }
  };

  const execute = async (request: Execution, isBatch: boolean): Promise<unknown> => {
    checkEndpoint(request);
    checkParameters(request);
    const { statement, isNew } = await statements.add(
      newStatement(request.Sqls, {
        isBatch,
        executionMode: request.ExecutionMode ?? 'TRANSACTION',
        parameters: request.Parameters ?? [],
        database: request.Database ?? defaultDatabase,
        dbUser: request.DbUser ?? USER,
        ...(request.StatementName !== undefined && { name: request.StatementName }),
        ...(request.ClientToken !== undefined && { clientToken: request.ClientToken }),
        ...(request.WorkgroupName !== undefined && { workgroup: request.WorkgroupName }),
        ...(request.ClusterIdentifier !== undefined && { cluster: request.ClusterIdentifier }),
        ...(request.SecretArn !== undefined && { secretArn: request.SecretArn }),
      }),
    );
    if (isNew) runner.submit(statement);
    if (request.WaitTimeSeconds) await statements.wait(statement.id, request.WaitTimeSeconds);
    return {
      Id: statement.id,
      CreatedAt: statement.createdAtMs / 1000,
      Database: statement.database,
      DbUser: statement.dbUser,
      ...(statement.workgroup && { WorkgroupName: statement.workgroup }),
      ...(statement.cluster && { ClusterIdentifier: statement.cluster }),
      ...(statement.secretArn && { SecretArn: statement.secretArn }),
      ...(request.WaitTimeSeconds && { Status: statement.status }),
    };
  };

  const getResult = async ({
    Id,
    NextToken,
    WaitTimeSeconds,
  }: z.infer<typeof requests.GetStatementResult>) => {
    await statements.wait(Id, WaitTimeSeconds ?? 0);
    const statement = statements.get(Id);
    if (statement.isBatch && !Id.includes(':')) {
      throw invalid(
        `A batch has a result for each of its statements: ask for ${Id}:1 to ${Id}:${statement.parts.length}.`,
      );
    }
    const part = statements.part(Id);
    // A result of a batch that was rolled back, or is still to be committed, is nobody's.
    if (!part.result || part.status !== 'FINISHED' || statement.status !== 'FINISHED') {
      throw notFound('Query does not have result. Please check query status with DescribeStatement.', Id);
    }
    const from = Number(NextToken ?? 0);
    if (!Number.isInteger(from) || from < 0 || from > part.result.rows.length)
      throw invalid('Invalid NextToken.');
    return resultPage(part.result, from);
  };

  const matches = (request: z.infer<typeof requests.ListStatements>) => (statement: Statement) =>
    (!request.WorkgroupName || statement.workgroup === request.WorkgroupName) &&
    (!request.ClusterIdentifier || statement.cluster === request.ClusterIdentifier) &&
    (!request.Database || statement.database === request.Database) &&
    (request.StatementName === undefined || (statement.name ?? '').startsWith(request.StatementName)) &&
    [statement.status, 'ALL'].includes(request.Status ?? 'FINISHED') &&
    (!request.NextToken || statement.number < Number(request.NextToken));

  return {
    ExecuteStatement: operation(requests.ExecuteStatement, ({ Sql, ...rest }) =>
      execute({ ...rest, Sqls: [Sql] }, false),
    ),
    BatchExecuteStatement: operation(requests.BatchExecuteStatement, (request) => execute(request, true)),
    DescribeStatement: operation(requests.DescribeStatement, async ({ Id, WaitTimeSeconds }) => {
      await statements.wait(Id, WaitTimeSeconds ?? 0);
      return describeStatement(statements.get(Id));
    }),
    GetStatementResult: operation(requests.GetStatementResult, getResult),
    // As on AWS, only finished statements are listed unless a status is given.
    ListStatements: operation(requests.ListStatements, async (request) => {
      const found = statements.list().filter(matches(request));
      const shown = found.slice(0, request.MaxResults || 100);
      return {
        Statements: shown.map(statementData),
        ...(shown.length < found.length && { NextToken: String(shown.at(-1)!.number) }),
      };
    }),
    CancelStatement: operation(requests.CancelStatement, async ({ Id }) => {
      const statement = statements.get(Id);
      if (!(await runner.cancel(statement))) {
        throw invalid(`Could not cancel a query that is already in ${statement.status} state with ID: ${Id}`);
      }
      return { Status: true };
    }),
    ListDatabases: operation(requests.ListDatabases, (request) =>
      catalog.listDatabases(connect(request), request),
    ),
    ListSchemas: operation(requests.ListSchemas, (request) => catalog.listSchemas(connect(request), request)),
    ListTables: operation(requests.ListTables, (request) => catalog.listTables(connect(request), request)),
    DescribeTable: operation(requests.DescribeTable, (request) =>
      catalog.describeTable(connect(request), request),
    ),
  };
};
