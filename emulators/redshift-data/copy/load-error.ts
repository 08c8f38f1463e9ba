import type pg from 'pg';
import { inDatabase } from '../bootstrap.ts';
import { RedshiftError } from '../error.ts';
import { fromBytes } from './record.ts';

/** A row that COPY could not load, as the load error tables show it. */
export interface LoadProblem {
  file: string;
  /** From 1; 0 where the format has no lines. */
  line: number;
  column: string;
  /** `integer`, `character varying(3)`. */
  columnType: string;
  code: number;
  reason: string;
  position?: number;
  /** Byte strings. */
  rawLine?: string;
  rawField?: string;
}

/** An error of COPY that has a row in the load error tables as well. */
export class LoadError extends RedshiftError {
  readonly problem: LoadProblem;

  constructor(message: string, problem: LoadProblem) {
    super(message);
    this.problem = problem;
  }
}

/** What all load errors of a COPY have in common. */
export interface Load {
  queryId: number;
  tableId: number;
  sessionId: number;
  userId: number;
}

const INSERT = `
  INSERT INTO stl_load_errors (userid, slice, tbl, starttime, session, query, filename, line_number, colname, type, col_length,
    position, raw_line, raw_field_value, err_code, err_reason)
  SELECT $1, 0, $2, statement_timestamp() AT TIME ZONE 'UTC', $3, $4, e.* FROM unnest($5::text[], $6::bigint[], $7::text[],
    $8::text[], $9::text[], $10::int[], $11::text[], $12::text[], $13::int[], $14::text[]) e`;

/** The first bytes of a field or line, without what no column takes. */
const excerpt = (bytes = ''): string => fromBytes(bytes.slice(0, 1024)).replaceAll('\0', '').slice(0, 1024);

const BATCH = 500;

/**
 * Writes rows of STL_LOAD_ERRORS on a connection of its own, so that they outlive the load's rollback.
 * https://docs.aws.amazon.com/redshift/latest/dg/r_STL_LOAD_ERRORS.html
 */
export class LoadErrors {
  readonly #admin: pg.ClientConfig;
  readonly #load: Load;
  readonly #waiting: LoadProblem[] = [];
  count = 0;

  constructor(admin: pg.ClientConfig, load: Load) {
    this.#admin = admin;
    this.#load = load;
  }

  async add(problem: LoadProblem): Promise<void> {
    this.count++;
    this.#waiting.push(problem);
    if (this.#waiting.length >= BATCH) await this.flush();
  }

  async flush(): Promise<void> {
    const problems = this.#waiting.splice(0);
    if (problems.length === 0) return;
    const { userId, tableId, sessionId, queryId } = this.#load;
    const all = <T>(of: (problem: LoadProblem) => T): T[] => problems.map(of);
    const types = problems.map(({ columnType }) => /^([^(]*)(?:\((.*)\))?/.exec(columnType) ?? []);
    await inDatabase(this.#admin, async (client) => {
      await client.query(INSERT, [
        ...[userId, tableId, sessionId, queryId],
        all(({ file }) => file.slice(-256)),
        all(({ line }) => line),
        all(({ column }) => column),
        types.map(([, name = '']) =>
          name.replace('character varying', 'varchar').replace('character', 'char').slice(0, 10),
        ),
        types.map(([, , length = '0']) => length.slice(0, 10)),
        all(({ position }) => position ?? 0),
        all(({ rawLine }) => excerpt(rawLine)),
        all(({ rawField }) => excerpt(rawField)),
        all(({ code }) => code),
        all(({ reason }) => excerpt(reason).slice(0, 512)),
      ]);
    });
  }
}
