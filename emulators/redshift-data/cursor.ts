import { once } from 'node:events';
import type pg from 'pg';
import type { FieldDef, QueryArrayResult } from 'pg';
import Cursor from 'pg-cursor';

/** Values as PostgreSQL writes them, so that none loses digits. */
const TEXT_ONLY = { getTypeParser: () => (value: string) => value } as unknown as typeof pg.types;

export type TextRow = (string | null)[];

interface Batch {
  rows: TextRow[];
  fields: FieldDef[];
  /** Rows that were changed or returned, once it has ended. */
  rowCount: number | null;
}

/** Runs one statement and gives its rows as they come, up to `size` at a time; at least one batch, which may be empty. */
export async function* batches(
  client: pg.Client,
  { text, values = [], size = 1_000 }: { text: string; values?: unknown[]; size?: number },
): AsyncGenerator<Batch> {
  const cursor = client.query(new Cursor<TextRow>(text, values, { rowMode: 'array', types: TEXT_ONLY }));
  const read = () =>
    new Promise<Batch>((resolve, reject) => {
      cursor.read(size, (error: Error | undefined, rows, result) => {
        if (error) return reject(error);
        const { fields, rowCount } = result as unknown as QueryArrayResult;
        resolve({ rows, fields: fields ?? [], rowCount });
      });
    });
  let isOpen = false;
  try {
    do {
      const batch = await read();
      isOpen = batch.rows.length === size;
      yield batch;
    } while (isOpen);
  } finally {
    // Where the reader gave up; a cursor that failed or came to its end is closed.
    if (isOpen) await Promise.race([cursor.close(), once(client, 'end')]);
  }
}
