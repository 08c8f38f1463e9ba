import pg from 'pg';
import { copy, type CopyContext } from './copy/copy.ts';
import { translate } from './sql/dialect.ts';
import { RedshiftError } from './error.ts';
import { toResultSet } from './result.ts';
import { unload } from './unload/unload.ts';
import { newQueryId, type Part, setStatus, type Statement } from './statement.ts';

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ';
const TEXT_ONLY = { getTypeParser: () => (value: string) => value };

/** An error as `DescribeStatement` shows it. */
export const errorText = (error: unknown): string => {
  if (!(error instanceof pg.DatabaseError))
    return `ERROR: ${error instanceof Error ? error.message : String(error)}`;
  const { code, message, detail, severity } = error;
  // https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation-serializable-isolation-troubleshooting.html
  if (code === '40001')
    return `ERROR: 1023\n  Detail: Serializable isolation violation on table in Redshift (${message})`;
  return `${severity ?? 'ERROR'}: ${message}${detail ? `\n  Detail: ${detail}` : ''}`;
};

/** One connection to the warehouse, made for one statement or batch and closed after it. */
export class Session {
  readonly #client: pg.Client;
  readonly #pid: number;
  readonly #copyContext: CopyContext;
  readonly #parameters: ReadonlyMap<string, string>;

  constructor(client: pg.Client, statement: Statement, copyContext: CopyContext) {
    this.#client = client;
    this.#pid = statement.pid ?? 0;
    this.#copyContext = copyContext;
    this.#parameters = new Map(statement.parameters.map(({ name, value }) => [name, value]));
  }

  /** All parts as one transaction: the first that fails undoes those before it, and those behind it don't run. */
  async runTransaction(parts: readonly Part[]): Promise<void> {
    await this.#inTransaction(async () => {
      for (const part of parts) await this.#run(part, true);
    });
  }

  /** A part by itself. */
  async runAlone(part: Part): Promise<void> {
    await this.#run(part, false);
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
    setStatus(part, 'STARTED');
    part.queryId = newQueryId();
    const startedMs = performance.now();
    try {
      this.#copyContext.signal.throwIfAborted();
      await this.#execute(part, part.queryId, inTransaction);
      setStatus(part, 'FINISHED');
    } catch (error) {
      delete part.result;
      setStatus(part, this.#copyContext.signal.aborted ? 'ABORTED' : 'FAILED', errorText(error));
      throw error;
    } finally {
      part.durationMs = performance.now() - startedMs;
    }
  }

  async #execute(part: Part, queryId: number, inTransaction: boolean): Promise<void> {
    const translation = translate(part.sql, { inTransaction, parameters: [...this.#parameters.keys()] });
    if (translation.kind === 'copy' || translation.kind === 'unload') {
      const { tokens, kind } = translation;
      const context = { ...this.#copyContext, queryId, sessionId: this.#pid };
      const transfer = async () => {
        part.rows =
          kind === 'copy'
            ? await copy(this.#client, tokens, context)
            : await unload(this.#client, tokens, { ...context, translate: (sql) => translate(sql).sql });
      };
      return inTransaction ? transfer() : this.#inTransaction(transfer);
    }
    const result = await this.#client.query<(string | null)[]>({
      text: translation.sql,
      values: translation.parameters.map((name) => this.#parameters.get(name)),
      rowMode: 'array',
      types: TEXT_ONLY,
      // One statement at a time, as Redshift has it: the simple protocol would take several.
      queryMode: 'extended',
    } as pg.QueryArrayConfig);
    if (Array.isArray(result))
      throw new RedshiftError('cannot insert multiple commands into a prepared statement');
    part.rows = result.rowCount ?? 0;
    if (result.fields.length > 0) part.result = toResultSet(result);
    if (translation.kind === 'truncate' && inTransaction) {
      await this.#client.query('COMMIT');
      await this.#client.query(BEGIN);
    }
  }
}
