import type pg from 'pg';
import { inDatabase } from '../bootstrap.ts';
import type { UnloadedFile } from './destination.ts';

const INSERT = `
  INSERT INTO stl_unload_log SELECT (SELECT usesysid::int8::int FROM pg_user WHERE usename = $1), $2, 0, $3, f.path,
    to_timestamp($4::float8 / 1000) AT TIME ZONE 'UTC', statement_timestamp() AT TIME ZONE 'UTC', f.line_count, f.bytes, $5
  FROM unnest($6::text[], $7::bigint[], $8::bigint[]) AS f(path, line_count, bytes)`;

/**
 * Writes the rows of STL_UNLOAD_LOG, one for each file.
 * https://docs.aws.amazon.com/redshift/latest/dg/r_STL_UNLOAD_LOG.html
 */
export const logUnload = (
  admin: pg.ClientConfig,
  files: readonly UnloadedFile[],
  of: { user: string; queryId: number; sessionId: number; startedAtMs: number; format: string },
): Promise<void> =>
  inDatabase(admin, async (client) => {
    await client.query(INSERT, [
      ...[of.user, of.queryId, of.sessionId, of.startedAtMs, of.format],
      files.map(({ url }) => url),
      files.map(({ rows }) => rows),
      files.map(({ bytes }) => bytes),
    ]);
  });
