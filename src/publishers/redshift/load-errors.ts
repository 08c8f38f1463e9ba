import type { DescribeStatementResponse } from '@aws-sdk/client-redshift-data';
import type { LoadError } from '../../domain/failure.ts';
import type { Row } from '../../ports.ts';

/** The IDs by which Redshift's own tables know the loads of a batch. */
export function loadIds({
  SubStatements,
  QueryString,
  RedshiftQueryId,
}: DescribeStatementResponse): number[] {
  const all = SubStatements?.length ? SubStatements : [{ QueryString, RedshiftQueryId }];
  return all.flatMap(({ QueryString: sql = '', RedshiftQueryId: id = 0 }) =>
    /^\s*copy\b/i.test(sql) && id > 0 ? [id] : [],
  );
}

/**
 * The load error tables, the best first: STL has the value and the line, and lives on provisioned clusters; SYS is
 * there on both.
 *
 * @see https://docs.aws.amazon.com/redshift/latest/dg/r_STL_LOAD_ERRORS.html
 * @see https://docs.aws.amazon.com/redshift/latest/dg/SYS_LOAD_ERROR_DETAIL.html
 */
export const loadErrorQueries = (ids: readonly number[], limit: number): string[] => [
  'SELECT TRIM(filename) AS file, line_number AS line, TRIM(colname) AS "column", TRIM(type) AS type, ' +
    'raw_field_value AS value, TRIM(err_reason) AS reason, raw_line AS raw ' +
    `FROM stl_load_errors WHERE query IN (${ids.join(', ')}) ORDER BY filename, line_number LIMIT ${limit}`,
  'SELECT TRIM(file_name) AS file, line_number AS line, TRIM(column_name) AS "column", TRIM(column_type) AS type, ' +
    'NULL AS value, TRIM(error_message) AS reason, NULL AS raw ' +
    `FROM sys_load_error_detail WHERE query_id IN (${ids.join(', ')}) ORDER BY file_name, line_number LIMIT ${limit}`,
];

/** The tables pad what they keep with blanks, and have an empty text for what there isn't. */
const filled = (cell: Row[string] | undefined): string | null => {
  const text = typeof cell === 'string' ? cell.trimEnd() : '';
  return text === '' ? null : text;
};

export const toLoadError = (row: Row): LoadError => ({
  file: filled(row['file']) ?? 'an unknown file',
  line: Number(row['line']) > 0 ? Number(row['line']) : null,
  column: filled(row['column']),
  type: filled(row['type']),
  value: typeof row['value'] === 'string' ? row['value'].trimEnd() : null,
  reason: filled(row['reason']) ?? 'no reason given',
  raw: filled(row['raw']),
});
