import pg from 'pg';
import { inDatabase } from './bootstrap.ts';
import { Connection, type ConnectionContext, errorText } from './connection.ts';
import { RedshiftError } from './error.ts';
import type { Events } from './events.ts';
import type { Session, Sessions } from './sessions.ts';
import { hasEnded, type Part, setStatus, type Statement } from './statement.ts';
import type { Statements } from './statements.ts';

const MAX_CONNECTIONS = 16;

interface Running {
  abort: AbortController;
  client?: pg.Client;
}

/** Where statements run and what they may need. */
export interface RunnerOptions extends Omit<ConnectionContext, 'signal' | 'admin'> {
  statements: Statements;
  sessions: Sessions;
  events: Events;
  /** The connection of the warehouse's user. */
  userConnection: (database: string) => pg.ClientConfig;
  /** The superuser's, to cancel and to log load errors. */
  adminConnection: (database: string) => pg.ClientConfig;
}

/** Runs statements in the order they came, up to 16 at once, each on a new connection or on that of its session. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #queue: Statement[] = [];
  readonly #running = new Map<string, Running>();
  readonly #runs = new Set<Promise<void>>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  submit(statement: Statement): void {
    this.#queue.push(statement);
    this.#next();
  }

  /** Stops a statement that has not ended. Returns false for one that has. */
  async cancel(statement: Statement): Promise<boolean> {
    if (hasEnded(statement)) return false;
    const running = this.#running.get(statement.id);
    if (!running) {
      this.#queue.splice(this.#queue.indexOf(statement), 1);
      await this.#end(statement, 'ABORTED');
      return true;
    }
    running.abort.abort(new RedshiftError('Query cancelled on user request'));
    await inDatabase(this.#options.adminConnection('postgres'), async (admin) => {
      // A cancel that comes between two queries cancels nothing, so it is sent until the run has ended.
      while (!hasEnded(statement)) {
        if (running.client) await admin.query('SELECT pg_cancel_backend($1)', [statement.pid]);
        await this.#options.statements.wait(statement.id, 0.05);
      }
    });
    return true;
  }

  /** Cuts off everything; resolves when all runs have ended. */
  async close(): Promise<void> {
    this.#queue.length = 0;
    for (const { abort, client } of this.#running.values()) {
      abort.abort(new RedshiftError('Query was interrupted: the server stops'));
      await client?.end().catch(() => {});
    }
    await Promise.all(this.#runs);
    await this.#options.sessions.close();
  }

  #next(): void {
    while (this.#running.size < MAX_CONNECTIONS && this.#queue.length > 0) {
      const statement = this.#queue.shift()!;
      this.#running.set(statement.id, { abort: new AbortController() });
      const run = this.#run(statement).finally(() => {
        this.#running.delete(statement.id);
        this.#runs.delete(run);
        this.#next();
      });
      this.#runs.add(run);
    }
  }

  async #run(statement: Statement): Promise<void> {
    const running = this.#running.get(statement.id)!;
    const { signal } = running.abort;
    const session = this.#sessionOf(statement);
    const startedMs = performance.now();
    setStatus(statement, 'PICKED');
    let outcome: [status: 'FINISHED' | 'FAILED' | 'ABORTED', error?: string] = ['FINISHED'];
    let client: pg.Client | undefined;
    try {
      client = session?.client ?? (await this.#connect(statement, session));
      running.client = client;
      statement.pid = (client as unknown as { processID: number }).processID;
      signal.throwIfAborted();
      setStatus(statement, 'STARTED');
      const admin = this.#options.adminConnection(statement.database);
      await new Connection(client, statement, { ...this.#options, signal, admin }).run();
    } catch (error) {
      outcome = [signal.aborted ? 'ABORTED' : 'FAILED', errorText(error)];
    }
    statement.durationMs = performance.now() - startedMs;
    if (!session) await client?.end().catch(() => {});
    await this.#end(statement, ...outcome);
  }

  #sessionOf({ sessionId }: Statement): Session | undefined {
    return sessionId === undefined ? undefined : this.#options.sessions.get(sessionId);
  }

  async #connect({ database }: Statement, session: Session | undefined): Promise<pg.Client> {
    const client = new pg.Client(this.#options.userConnection(database));
    client.on('error', () => {});
    await client.connect();
    if (session) {
      session.client = client;
      client.on('end', () => this.#options.sessions.lose(session));
    }
    return client;
  }

  async #end(statement: Statement, status: 'FINISHED' | 'FAILED' | 'ABORTED', error?: string): Promise<void> {
    const left: Part[] = statement.parts.filter((part) => !hasEnded(part));
    for (const part of left) {
      const alone = !statement.isBatch;
      setStatus(part, alone ? status : 'ABORTED', alone ? error : undefined);
    }
    // A session is free again before anybody can learn that its statement has ended.
    const session = this.#sessionOf(statement);
    if (session) await this.#options.sessions.release(session);
    setStatus(statement, status, error);
    await this.#options.statements.end(statement);
    if (statement.withEvent) this.#options.events.send(statement);
  }
}
