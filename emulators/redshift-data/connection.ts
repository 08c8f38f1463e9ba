import pg from 'pg';
import { copy, type CopyContext } from './copy/copy.ts';
import { batches } from './cursor.ts';
import type { Faults } from './faults.ts';
import type { Results, ResultWriter } from './results.ts';
import { translate } from './sql/dialect.ts';
import { newQueryId, type Part, setStatus, type Statement } from './statement.ts';
import { unload } from './unload/unload.ts';

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ';

/** An error as `DescribeStatement` shows it. */
export const errorText = (error: unknown): string => {
  if (!(error instanceof pg.DatabaseError)) {
    const words = error instanceof Error ? error.message : String(error);
    // The client's words for a connection that broke between two queries.
    return `ERROR: ${/ is not queryable$/.test(words) ? 'Connection terminated unexpectedly' : words}`;
  }
  const { code, message, detail, severity } = error;
  // https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation-serializable-isolation-troubleshooting.html
  if (code === '40001')
    return `ERROR: 1023\n  Detail: Serializable isolation violation on table in Redshift (${message})`;
  return `${severity ?? 'ERROR'}: ${message}${detail ? `\n  Detail: ${detail}` : ''}`;
};

export interface ConnectionContext extends CopyContext {
  results: Results;
  faults: Faults;
}

/** Runs one statement or batch on a connection to the warehouse. */
export class Connection {
  readonly #client: pg.Client;
  readonly #statement: Statement;
  readonly #context: ConnectionContext;
  readonly #parameters: ReadonlyMap<string, string>;
  #lateError: string | undefined;

  constructor(client: pg.Client, statement: Statement, context: ConnectionContext) {
    this.#client = client;
    this.#statement = statement;
    this.#context = context;
    this.#parameters = new Map(statement.parameters.map(({ name, value }) => [name, value]));
  }

  /** Runs all parts; throws the first failure. In an AUTO_COMMIT batch the others run all the same. */
  async run(): Promise<void> {
    const { isBatch, executionMode, parts } = this.#statement;
    if (isBatch && executionMode === 'TRANSACTION') {
      await this.#inTransaction(async () => {
        for (const part of parts) await this.#run(part, true);
      });
    } else {
      const failures: unknown[] = [];
      for (const part of parts) {
        this.#context.signal.throwIfAborted();
        await this.#run(part, this.#isInTransaction()).catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw failures[0];
    }
    if (this.#lateError !== undefined) throw new Error(this.#lateError);
  }

  /** Whether a session's own BEGIN is open. */
  #isInTransaction(): boolean {
    return this.#client.getTransactionStatus() !== 'I';
  }

  async #inTransaction(work: () => Promise<void>): Promise<void> {
    await this.#client.query(BEGIN);
    try {
      await work();
      await this.#client.query('COMMIT');
    } catch (error) {
      await this.#client.query('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  async #run(part: Part, inTransaction: boolean): Promise<void> {
    const { signal, faults } = this.#context;
    setStatus(part, 'STARTED');
    part.queryId = newQueryId();
    const startedMs = performance.now();
    try {
      signal.throwIfAborted();
      this.#lateError ??= await faults.meetStatement(part.sql, signal);
      await this.#execute(part, part.queryId, inTransaction);
      setStatus(part, 'FINISHED');
    } catch (error) {
      delete part.result;
      setStatus(part, signal.aborted ? 'ABORTED' : 'FAILED', errorText(error));
      throw error;
    } finally {
      part.durationMs = performance.now() - startedMs;
    }
  }

  async #execute(part: Part, queryId: number, inTransaction: boolean): Promise<void> {
    const parameters = [...this.#parameters.keys()];
    const inSession = this.#statement.sessionId !== undefined;
    const translation = translate(part.sql, { inTransaction, inSession, parameters });
    const { kind, tokens } = translation;
    if (kind === 'copy' || kind === 'unload') {
      const context = { ...this.#context, queryId, sessionId: this.#statement.pid ?? 0 };
      const transfer = async () => {
        part.rows =
          kind === 'copy'
            ? await copy(this.#client, tokens, context)
            : await unload(this.#client, tokens, { ...context, translate: (sql) => translate(sql).sql });
      };
      return inTransaction ? transfer() : this.#inTransaction(transfer);
    }
    await this.#query(part, translation.sql, translation.parameters);
    if (kind === 'truncate' && inTransaction) {
      await this.#client.query('COMMIT');
      await this.#client.query(BEGIN);
    }
  }

  /** The rows go into pages as they come. One statement at a time, as Redshift has it: a cursor takes no several. */
  async #query(part: Part, text: string, parameters: readonly string[]): Promise<void> {
    const values = parameters.map((name) => this.#parameters.get(name));
    let writer: ResultWriter | undefined;
    for await (const { rows, fields, rowCount } of batches(this.#client, { text, values })) {
      if (fields.length > 0) {
        writer ??= this.#context.results.writer(part.id, fields, this.#statement.resultFormat);
        await writer.add(rows);
      }
      part.rows = writer ? writer.result.rows : (rowCount ?? 0);
    }
    if (writer) part.result = await writer.finish();
  }
}
