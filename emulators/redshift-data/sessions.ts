import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { ApiError, invalid, notFound } from './error.ts';
import type { Statement } from './statement.ts';

/** https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html#data-api-calling-considerations */
const MAX_SESSIONS = 500;
const DAY_MS = 86_400_000;
/** How long a closed session is still listed. */
const KEPT_MS = DAY_MS;

export const SESSION_STATUSES = ['AVAILABLE', 'BUSY', 'CLOSED'] as const;

/** A connection that outlives its statement, with its temporary tables and settings. */
export interface Session {
  id: string;
  status: (typeof SESSION_STATUSES)[number];
  createdAtMs: number;
  updatedAtMs: number;
  keepAliveSeconds: number;
  database: string;
  dbUser: string | undefined;
  workgroup: string | undefined;
  cluster: string | undefined;
  statementId?: string;
  client?: pg.Client;
  timer?: NodeJS.Timeout;
}

/** https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_SessionData.html */
export const sessionData = (session: Session): Record<string, unknown> => ({
  SessionId: session.id,
  Status: session.status,
  CreatedAt: session.createdAtMs / 1000,
  UpdatedAt: session.updatedAtMs / 1000,
  Database: session.database,
  ...(session.dbUser !== undefined && { DbUser: session.dbUser }),
  ...(session.workgroup !== undefined && { WorkgroupName: session.workgroup }),
  ...(session.cluster !== undefined && { ClusterIdentifier: session.cluster }),
  SessionAliveSeconds: session.keepAliveSeconds,
  SessionTtl: (session.updatedAtMs + session.keepAliveSeconds * 1000) / 1000,
  ...(session.statementId !== undefined && { CurrentStatementId: session.statementId }),
});

/** The sessions of the last 24 hours. One runs one statement at a time. https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-session-reuse.html */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  /** Newest first. */
  list(): Session[] {
    for (const { id, status, updatedAtMs } of this.#sessions.values()) {
      if (status === 'CLOSED' && updatedAtMs < Date.now() - KEPT_MS) this.#sessions.delete(id);
    }
    return [...this.#sessions.values()].toReversed();
  }

  create(of: Pick<Session, 'database' | 'dbUser' | 'workgroup' | 'cluster' | 'keepAliveSeconds'>): Session {
    if (this.list().filter(({ status }) => status !== 'CLOSED').length >= MAX_SESSIONS) {
      throw new ApiError(
        'ActiveSessionsExceededException',
        `Active sessions exceeded the allowed quota (${MAX_SESSIONS}).`,
      );
    }
    const now = Date.now();
    const session: Session = {
      ...of,
      id: randomUUID(),
      status: 'AVAILABLE',
      createdAtMs: now,
      updatedAtMs: now,
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The session that a statement is to run in. Fails with an `ApiError` if it is gone or has one. */
  available(id: string): Session {
    const session = this.#sessions.get(id);
    if (!session) throw notFound('Session does not exist.', id);
    if (session.status !== 'AVAILABLE')
      throw invalid(`Session is not available: ${id} is ${session.status}.`);
    return session;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  begin(session: Session, statement: Statement): void {
    clearTimeout(session.timer);
    this.#mark(session, 'BUSY');
    session.statementId = statement.id;
  }

  /** Its statement has ended: it is kept alive for as long as was asked for, or closed if its connection is gone. */
  async release(session: Session): Promise<void> {
    delete session.statementId;
    const oldest = session.createdAtMs + DAY_MS;
    const left = Math.min(session.keepAliveSeconds * 1000, oldest - Date.now());
    if (!session.client || left <= 0) return this.#close(session);
    this.#mark(session, 'AVAILABLE');
    session.timer = setTimeout(() => void this.#close(session), left).unref();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => this.#close(session)));
  }

  /** Marks a session whose connection broke. */
  lose(session: Session): void {
    delete session.client;
    if (session.status === 'AVAILABLE') void this.#close(session);
  }

  async #close(session: Session): Promise<void> {
    clearTimeout(session.timer);
    const { client } = session;
    delete session.client;
    this.#mark(session, 'CLOSED');
    await client?.end().catch(() => {});
  }

  #mark(session: Session, status: Session['status']): void {
    session.status = status;
    session.updatedAtMs = Date.now();
  }
}
