import type { z } from 'zod';
import { USER } from './bootstrap.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './error.ts';
import type * as requests from './requests.ts';
import type { Runner } from './runner.ts';
import type { Session, Sessions } from './sessions.ts';
import { tokenize } from './sql/tokens.ts';
import { newStatement, type Statement } from './statement.ts';
import type { Statements } from './statements.ts';

type Request = Omit<z.infer<typeof requests.BatchExecuteStatement>, 'ExecutionMode'> & {
  ExecutionMode?: 'TRANSACTION' | 'AUTO_COMMIT';
};

interface Parts {
  endpoint: Endpoint;
  statements: Statements;
  sessions: Sessions;
  runner: Runner;
}

const parameterNames = (sql: string): string[] => {
  try {
    return tokenize(sql).flatMap(({ kind, text }) => (kind === 'parameter' ? [text.slice(1)] : []));
  } catch (error) {
    throw invalid((error as Error).message);
  }
};

const checkParameters = ({ Sqls, Parameters = [] }: Request): void => {
  if (Parameters.length === 0) return;
  const names = Parameters.map(({ name }) => name);
  if (new Set(names).size < names.length) throw invalid('Parameters list contains duplicate names.');
  const used = new Set(Sqls.flatMap(parameterNames));
  const unused = names.filter((name) => !used.has(name));
  if (unused.length > 0) {
    throw invalid(`Parameters list contains unused parameters. Unused parameters: [${unused.join(', ')}]`);
  }
};

/** What a statement in a session may say of the connection: nothing, or what is true. */
const checkSame = (request: Request, session: Session): void => {
  const given = [request.WorkgroupName, request.ClusterIdentifier, request.Database, request.DbUser];
  const known = [session.workgroup, session.cluster, session.database, session.dbUser];
  if (given.some((value, n) => value !== undefined && value !== known[n]))
    throw invalid(`The session ${session.id} has another connection than the request asks for.`);
};

const sessionOf = (request: Request, { endpoint, sessions }: Parts): Session | undefined => {
  const { SessionId, SessionKeepAliveSeconds: keepAliveSeconds } = request;
  if (SessionId !== undefined) {
    const session = sessions.available(SessionId);
    checkSame(request, session);
    if (keepAliveSeconds !== undefined) session.keepAliveSeconds = keepAliveSeconds;
    return session;
  }
  endpoint.check(request);
  if (!keepAliveSeconds) return undefined;
  return sessions.create({
    keepAliveSeconds,
    database: endpoint.database(request),
    dbUser: request.DbUser ?? USER,
    workgroup: request.WorkgroupName,
    cluster: request.ClusterIdentifier,
  });
};

const statementOf = (
  request: Request,
  isBatch: boolean,
  session: Session | undefined,
  endpoint: Endpoint,
) => {
  const workgroup = session ? session.workgroup : request.WorkgroupName;
  const cluster = session ? session.cluster : request.ClusterIdentifier;
  return newStatement(request.Sqls, {
    isBatch,
    executionMode: request.ExecutionMode ?? 'TRANSACTION',
    parameters: request.Parameters ?? [],
    database: session?.database ?? endpoint.database(request),
    dbUser: session?.dbUser ?? request.DbUser ?? USER,
    resultFormat: request.ResultFormat,
    withEvent: request.WithEvent ?? false,
    ...(request.StatementName !== undefined && { name: request.StatementName }),
    ...(request.ClientToken !== undefined && { clientToken: request.ClientToken }),
    ...(workgroup !== undefined && { workgroup }),
    ...(cluster !== undefined && { cluster }),
    ...(request.SecretArn !== undefined && { secretArn: request.SecretArn }),
    ...(session && { sessionId: session.id }),
  });
};

const answer = (statement: Statement, waited: boolean): Record<string, unknown> => ({
  Id: statement.id,
  CreatedAt: statement.createdAtMs / 1000,
  Database: statement.database,
  DbUser: statement.dbUser,
  ...(statement.workgroup && { WorkgroupName: statement.workgroup }),
  ...(statement.cluster && { ClusterIdentifier: statement.cluster }),
  ...(statement.secretArn && { SecretArn: statement.secretArn }),
  ...(statement.sessionId && { SessionId: statement.sessionId }),
  ...(waited && {
    Status: statement.status,
    RedshiftPid: statement.pid ?? 0,
    HasResultSet: statement.parts.some(({ result }) => result),
  }),
});

/** Takes ExecuteStatement and BatchExecuteStatement. The same client token within 8 hours is the same statement. */
export const createExecution =
  (parts: Parts) =>
  async (request: Request, isBatch: boolean): Promise<unknown> => {
    const { statements, sessions, runner, endpoint } = parts;
    checkParameters(request);
    await statements.forgetOld();
    // From here to `note` nothing else happens, so that of two calls with one token only one is the first.
    let statement = statements.withToken(request.ClientToken);
    if (!statement) {
      const session = sessionOf(request, parts);
      statement = statementOf(request, isBatch, session, endpoint);
      statements.note(statement);
      if (session) sessions.begin(session, statement);
      await statements.save(statement).catch(async (error: unknown) => {
        if (session) await sessions.release(session);
        throw error;
      });
      runner.submit(statement);
    }
    if (request.WaitTimeSeconds) await statements.wait(statement.id, request.WaitTimeSeconds);
    return answer(statement, Boolean(request.WaitTimeSeconds));
  };
