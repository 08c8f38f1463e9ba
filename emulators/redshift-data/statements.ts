import pg from 'pg';
import { ApiError, notFound } from './error.ts';
import { hasEnded, type Part, setStatus, type Statement } from './statement.ts';

const HOUR_MS = 3_600_000;
const KEPT_MS = 24 * HOUR_MS;
const CLIENT_TOKEN_MS = 8 * HOUR_MS;
const MAX_ACTIVE = 200;

/** The statements of the last 24 hours, in memory and in a table, so that a restarted server knows them. */
export class Statements {
  readonly #statements = new Map<string, Statement>();
  readonly #endings = new Map<string, PromiseWithResolvers>();
  readonly #pool: pg.Pool;
  #last = 0;

  private constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  static async open(connection: pg.ClientConfig): Promise<Statements> {
    const pool = new pg.Pool({ ...connection, max: 2 });
    pool.on('error', () => {});
    await pool.query(
      'CREATE TABLE IF NOT EXISTS statement (id text PRIMARY KEY, created_at_ms float8, record text)',
    );
    await pool.query('DELETE FROM statement WHERE created_at_ms < $1', [Date.now() - KEPT_MS]);
    const statements = new Statements(pool);
    const { rows } = await pool.query<{ record: string }>('SELECT record FROM statement');
    for (const { record } of rows) {
      const statement = JSON.parse(record) as Statement;
      statements.#statements.set(statement.id, statement);
      statements.#last = Math.max(statements.#last, statement.number);
      if (!hasEnded(statement)) await statements.lose(statement);
    }
    return statements;
  }

  /** Notes a new statement, or returns the one that came with the same client token in the last 8 hours. */
  async add(statement: Statement): Promise<{ statement: Statement; isNew: boolean }> {
    this.#forgetOld();
    const all = [...this.#statements.values()];
    const same = all.find(
      (other) =>
        statement.clientToken !== undefined &&
        other.clientToken === statement.clientToken &&
        other.createdAtMs > Date.now() - CLIENT_TOKEN_MS,
    );
    if (same) return { statement: same, isNew: false };
    if (all.filter((other) => !hasEnded(other)).length >= MAX_ACTIVE) {
      throw new ApiError(
        'ActiveStatementsExceededException',
        `Active statements exceeded the allowed quota (${MAX_ACTIVE}).`,
      );
    }
    statement.number = ++this.#last;
    this.#statements.set(statement.id, statement);
    this.#endings.set(statement.id, withResolvers());
    try {
      await this.#save(statement);
    } catch (error) {
      this.#statements.delete(statement.id);
      throw new ApiError(
        'DatabaseConnectionException',
        `Unable to connect to the database: ${String(error)}`,
        500,
      );
    }
    return { statement, isNew: true };
  }

  get(id: string): Statement {
    const statement = this.#statements.get(id.split(':')[0]!);
    if (!statement) throw notFound('Query does not exist.', id);
    return statement;
  }

  /** The part that an ID `uuid` or `uuid:n` stands for. */
  part(id: string): Part {
    const statement = this.get(id);
    const part = statement.parts[id.includes(':') ? Number(id.split(':')[1]) - 1 : 0];
    if (!part) throw notFound('Query does not exist.', id);
    return part;
  }

  /** Newest first. */
  list(): Statement[] {
    return [...this.#statements.values()].toSorted((a, b) => b.number - a.number);
  }

  /** Records that a statement ended and wakes those who wait for it. */
  async end(statement: Statement): Promise<void> {
    this.#endings.get(statement.id)?.resolve();
    this.#endings.delete(statement.id);
    // Where the database is gone, the record is made when the server starts again.
    await this.#save(statement).catch(() => {});
  }

  /** Waits until the statement ended, or the time is over. */
  async wait(id: string, seconds: number): Promise<void> {
    const ending = this.#endings.get(this.get(id).id);
    if (!ending || seconds === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const time = new Promise<void>((resolve) => (timer = setTimeout(resolve, seconds * 1000)));
    await Promise.race([ending.promise, time]);
    clearTimeout(timer);
  }

  /** Marks a statement as failed whose run nobody knows about any more. */
  async lose(statement: Statement): Promise<void> {
    const error = 'ERROR: Query was interrupted: the warehouse restarted';
    for (const part of statement.parts) if (!hasEnded(part)) setStatus(part, 'FAILED', error);
    setStatus(statement, 'FAILED', error);
    await this.end(statement);
  }

  async close(): Promise<void> {
    for (const { resolve } of this.#endings.values()) resolve();
    await this.#pool.end();
  }

  async #save(statement: Statement): Promise<void> {
    await this.#pool.query(
      'INSERT INTO statement VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET record = excluded.record',
      [statement.id, statement.createdAtMs, JSON.stringify(statement)],
    );
  }

  #forgetOld(): void {
    for (const statement of this.#statements.values()) {
      if (hasEnded(statement) && statement.createdAtMs < Date.now() - KEPT_MS)
        this.#statements.delete(statement.id);
    }
  }
}

interface PromiseWithResolvers {
  promise: Promise<void>;
  resolve: () => void;
}

const withResolvers = (): PromiseWithResolvers => {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
};
