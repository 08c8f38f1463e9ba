import pg from 'pg';
import { inDatabase } from './bootstrap.ts';
import { RedshiftError } from './error.ts';
import type { S3Clients } from './s3.ts';
import { errorText, Session } from './session.ts';
import { hasEnded, type Part, setStatus, type Statement } from './statement.ts';
import type { Statements } from './statements.ts';

const MAX_CONNECTIONS = 16;

interface Running {
  abort: AbortController;
  client?: pg.Client;
}

/** Where statements run and what they may need. */
export interface RunnerOptions {
  statements: Statements;
  /** The connection of the warehouse's user. */
  userConnection: (database: string) => pg.ClientConfig;
  /** The superuser's, to cancel and to log load errors. */
  adminConnection: (database: string) => pg.ClientConfig;
  s3: S3Clients;
}

/** Runs statements in the order they came, each on a new connection, up to 16 at once. */
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
    const startedMs = performance.now();
    setStatus(statement, 'PICKED');
    const client = new pg.Client(this.#options.userConnection(statement.database));
    client.on('error', () => {});
    try {
      await client.connect();
      running.client = client;
      statement.pid = (client as unknown as { processID: number }).processID;
      running.abort.signal.throwIfAborted();
      setStatus(statement, 'STARTED');
      await this.#runParts(statement, client, running.abort.signal);
      statement.durationMs = performance.now() - startedMs;
      await this.#end(statement, 'FINISHED');
    } catch (error) {
      statement.durationMs = performance.now() - startedMs;
      await this.#end(statement, running.abort.signal.aborted ? 'ABORTED' : 'FAILED', errorText(error));
    } finally {
      await client.end().catch(() => {});
    }
  }

  async #runParts(statement: Statement, client: pg.Client, signal: AbortSignal): Promise<void> {
    const { isBatch, executionMode, parts, database } = statement;
    const admin = this.#options.adminConnection(database);
    const session = new Session(client, statement, { s3: this.#options.s3, signal, admin });
    if (isBatch && executionMode === 'TRANSACTION') return session.runTransaction(parts);
    const failures: unknown[] = [];
    for (const part of parts) {
      signal.throwIfAborted();
      await session.runAlone(part).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #end(statement: Statement, status: 'FINISHED' | 'FAILED' | 'ABORTED', error?: string): Promise<void> {
    const left: Part[] = statement.parts.filter((part) => !hasEnded(part));
    for (const part of left) {
      const alone = !statement.isBatch;
      setStatus(part, alone ? status : 'ABORTED', alone ? error : undefined);
    }
    setStatus(statement, status, error);
    await this.#options.statements.end(statement);
  }
}
