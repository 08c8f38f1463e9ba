import pg from 'pg';
import { ApiError, notFound } from './error.ts';
import { RESULT_TABLE, Results } from './results.ts';
import { hasEnded, type Part, setStatus, type Statement } from './statement.ts';

const HOUR_MS = 3_600_000;
const KEPT_MS = 24 * HOUR_MS;
const CLIENT_TOKEN_MS = 8 * HOUR_MS;
const MAX_ACTIVE = 200;

/** The statements of the last 24 hours, in memory and in a table, so that a restarted server knows them. */
export class Statements {
  /** The oldest first. */
  readonly #statements = new Map<string, Statement>();
  readonly #byToken = new Map<string, Statement>();
  readonly #endings = new Map<string, PromiseWithResolvers>();
  readonly #pool: pg.Pool;
  readonly results: Results;
  #last = 0;

  private constructor(pool: pg.Pool) {
    this.#pool = pool;
    this.results = new Results(pool);
  }

  static async open(connection: pg.ClientConfig): Promise<Statements> {
    const pool = new pg.Pool({ ...connection, max: 4 });
    pool.on('error', () => {});
    const { rows: tables } = await pool.query<{ isOld: boolean }>(
      `SELECT to_regclass('result_page') IS NULL AS "isOld"`,
    );
    // Before results had pages, statements had them whole.
    if (tables[0]!.isOld) await pool.query('DROP TABLE IF EXISTS statement');
    await pool.query(
      'CREATE TABLE IF NOT EXISTS statement (id text PRIMARY KEY, created_at_ms float8, record text)',
    );
    await pool.query(RESULT_TABLE);
    const statements = new Statements(pool);
    await statements.forgetOld();
    const { rows } = await pool.query<{ record: string }>('SELECT record FROM statement');
    const known = rows.map(({ record }) => JSON.parse(record) as Statement);
    for (const statement of known.toSorted((a, b) => a.number - b.number)) {
      statements.#add(statement);
      statements.#last = statement.number;
      if (!hasEnded(statement)) await statements.lose(statement);
    }
    return statements;
  }

  /** The statement that came with the same client token in the last 8 hours. */
  withToken(token: string | undefined): Statement | undefined {
    const statement = token === undefined ? undefined : this.#byToken.get(token);
    const isGood = statement !== undefined && statement.createdAtMs > Date.now() - CLIENT_TOKEN_MS;
    return isGood ? statement : undefined;
  }

  /** Takes a new statement in, if there are not too many. */
  note(statement: Statement): void {
    if (this.#endings.size >= MAX_ACTIVE) {
      throw new ApiError(
        'ActiveStatementsExceededException',
        `Active statements exceeded the allowed quota (${MAX_ACTIVE}).`,
      );
    }
    statement.number = ++this.#last;
    this.#add(statement);
    this.#endings.set(statement.id, withResolvers());
  }

  #add(statement: Statement): void {
    this.#statements.set(statement.id, statement);
    if (statement.clientToken !== undefined) this.#byToken.set(statement.clientToken, statement);
  }

  #forget({ id, clientToken }: Statement): void {
    this.#statements.delete(id);
    if (clientToken !== undefined && this.#byToken.get(clientToken)?.id === id)
      this.#byToken.delete(clientToken);
  }

  /** Records a new statement; one that can't be is forgotten. */
  async save(statement: Statement): Promise<void> {
    try {
      await this.#save(statement);
    } catch (error) {
      this.#forget(statement);
      this.#endings.delete(statement.id);
      const message = `Unable to connect to the database: ${String(error)}`;
      throw new ApiError('DatabaseConnectionException', message, 500);
    }
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
    return [...this.#statements.values()].reverse();
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

  /** Statements and their results are kept for 24 hours. */
  async forgetOld(): Promise<void> {
    const since = Date.now() - KEPT_MS;
    let hasOld = this.#statements.size === 0;
    for (const statement of this.#statements.values()) {
      if (statement.createdAtMs >= since) break;
      if (!hasEnded(statement)) continue;
      this.#forget(statement);
      hasOld = true;
    }
    if (hasOld)
      await this.#pool.query('DELETE FROM statement WHERE created_at_ms < $1', [since]).catch(() => {});
  }

  async #save(statement: Statement): Promise<void> {
    await this.#pool.query(
      'INSERT INTO statement VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET record = excluded.record',
      [statement.id, statement.createdAtMs, JSON.stringify(statement)],
    );
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
