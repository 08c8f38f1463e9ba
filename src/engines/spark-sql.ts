import { oneSelect } from '../domain/one-select.ts';
import type { FileFormat, FileSet, SqlSpec } from '../ports.ts';

/** To the microsecond, which is what there is; Spark by itself writes milliseconds. */
const MOMENTS = `timestampFormat 'yyyy-MM-dd HH:mm:ss[.SSSSSS]', timestampNTZFormat 'yyyy-MM-dd HH:mm:ss[.SSSSSS]'`;

/*
 * Files as DuckDB reads and writes them by itself. CSV has a line of names, a quote is doubled, lines may be in quotes, and
 * spaces count. In JSON a null is written.
 *
 * https://spark.apache.org/docs/3.5.9/sql-data-sources-csv.html#data-source-option
 */
const READ: Record<FileFormat, string> = {
  parquet: '',
  csv: `, header 'true', inferSchema 'true', multiLine 'true', escape '"'`,
  json: '',
  orc: '',
};
const WRITE: Record<FileFormat, string> = {
  parquet: '',
  csv: ` OPTIONS (header 'true', escape '"', ignoreLeadingWhiteSpace 'false', ignoreTrailingWhiteSpace 'false', ${MOMENTS})`,
  json: ` OPTIONS (ignoreNullFields 'false', ${MOMENTS})`,
  orc: '',
};

const SETTINGS = [
  // COPY reads no timestamps of 96 bits, which Spark would write.
  'spark.sql.parquet.outputTimestampType=TIMESTAMP_MICROS',
  // A timestamp is a day and a time, in no zone, as in DuckDB and Redshift.
  'spark.sql.timestampType=TIMESTAMP_NTZ',
  'spark.sql.session.timeZone=UTC',
  // ${…} in a query is text.
  'spark.sql.variable.substitute=false',
];

/**
 * The statements that do in Spark SQL what `sql` says: a view over each input, and one statement that writes the
 * query's rows to the output. `s3Scheme` is how this Spark calls S3: `s3a` for Apache's own, `s3` on EMR and Qubole.
 *
 * https://spark.apache.org/docs/3.5.9/sql-ref-syntax-dml-insert-overwrite-directory.html
 */
export function sparkSql({ inputs, query, output }: SqlSpec, s3Scheme: 's3' | 's3a'): string[] {
  const at = ({ path }: FileSet) => literal(path.replace(/^s3a?:/, `${s3Scheme}:`));
  const views = Object.entries(inputs).map(
    ([name, files]) =>
      `CREATE OR REPLACE TEMPORARY VIEW \`${name}\` USING ${files.format} OPTIONS (path ${at(files)}${READ[files.format]})`,
  );
  const { format } = output;
  const select = oneSelect(query, { backslashEscapes: true });
  return [
    ...SETTINGS.map((setting) => `SET ${setting}`),
    ...views,
    `INSERT OVERWRITE DIRECTORY ${at(output)} USING ${format}${WRITE[format]}\n${select}\n`,
  ];
}

/** A script of them, as `spark-sql -f` takes it. */
export const sparkSqlScript = (spec: SqlSpec, s3Scheme: 's3' | 's3a'): string =>
  sparkSql(spec, s3Scheme)
    .map((statement) => `${statement};\n`)
    .join('');

/** Spark's own escapes: a backslash, and quotes by a backslash. */
const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
