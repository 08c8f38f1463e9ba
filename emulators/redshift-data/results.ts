import type { FieldDef } from 'pg';
import type pg from 'pg';
import type { TextRow } from './cursor.ts';
import { RedshiftError } from './error.ts';
import { type ColumnMetadata, describeColumn, RESULT_FORMATS, type ResultFormat } from './result.ts';

/** What is known of a result without its rows, which lie in pages in the stand-in's database. */
export interface Result {
  columns: ColumnMetadata[];
  format: ResultFormat;
  rows: number;
  bytes: number;
  pages: number;
}

const PAGE_BYTES = 1_000_000;
/** https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-troubleshooting.html */
const MAX_ROW_BYTES = 64 * 1024;
const MAX_RESULT_BYTES = 500 * 1024 * 1024;

/** Writes the rows of one result, of which a page is in memory at a time. */
export class ResultWriter {
  readonly #save: (page: number, body: string) => Promise<unknown>;
  readonly #row: (row: TextRow) => string;
  readonly #separator: string;
  readonly result: Result;
  #rows: string[] = [];
  #bytes = 0;

  constructor(
    fields: readonly FieldDef[],
    format: ResultFormat,
    save: (page: number, body: string) => Promise<unknown>,
  ) {
    const columns = fields.map(describeColumn);
    const { row, separator } = RESULT_FORMATS[format];
    this.result = { columns, format, rows: 0, bytes: 0, pages: 0 };
    this.#row = row(columns.map(({ typeName }) => typeName));
    this.#separator = separator;
    this.#save = save;
  }

  async add(rows: readonly TextRow[]): Promise<void> {
    for (const row of rows) {
      const bytes = row.reduce((sum, value) => sum + Buffer.byteLength(value ?? ''), 0);
      if (bytes > MAX_ROW_BYTES)
        throw new RedshiftError(`Packet for query is too large (${bytes} > ${MAX_ROW_BYTES})`);
      const text = this.#row(row);
      if (this.#bytes + text.length > PAGE_BYTES) await this.#flush();
      this.#rows.push(text);
      this.#bytes += text.length;
      this.result.rows++;
      this.result.bytes += bytes;
      if (this.result.bytes > MAX_RESULT_BYTES)
        throw new RedshiftError('Database response exceeded size limit');
    }
  }

  async finish(): Promise<Result> {
    if (this.#rows.length > 0 || this.result.pages === 0) await this.#flush();
    return this.result;
  }

  async #flush(): Promise<void> {
    await this.#save(this.result.pages++, this.#rows.join(this.#separator));
    this.#rows = [];
    this.#bytes = 0;
  }
}

/** The pages of all results. They go with their statement. */
export class Results {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** `id` is that of the statement, or of one in a batch, as in `uuid:2`. */
  writer(id: string, fields: readonly FieldDef[], format: ResultFormat): ResultWriter {
    return new ResultWriter(fields, format, (page, body) =>
      this.#pool.query('INSERT INTO result_page VALUES ($1, $2, $3, $4)', [id.split(':')[0], id, page, body]),
    );
  }

  /** The rows of a page as they were written. */
  async page(id: string, page: number): Promise<string> {
    const { rows } = await this.#pool.query<{ body: string }>(
      'SELECT body FROM result_page WHERE result_id = $1 AND page = $2',
      [id, page],
    );
    return rows[0]?.body ?? '';
  }
}

export const RESULT_TABLE = `
  CREATE TABLE IF NOT EXISTS result_page (
    statement_id text REFERENCES statement ON DELETE CASCADE, result_id text, page int, body text, PRIMARY KEY (result_id, page)
  )`;
