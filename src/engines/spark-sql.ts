import { oneSelect } from '../domain/one-select.ts';
import type { FileFormat, FileSet, SqlSpec } from '../ports.ts';
import { sparkFiles } from './spark-files.ts';

/** To the microsecond, which is what there is; Spark by itself writes milliseconds. */
const MOMENTS = `timestampFormat 'yyyy-MM-dd HH:mm:ss[.SSSSSS]', timestampNTZFormat 'yyyy-MM-dd HH:mm:ss[.SSSSSS]'`;

/*
 * Files as DuckDB reads and writes them by itself. CSV has a line of names, a quote is doubled, lines may be in quotes, and
 * spaces count; as Spark puts its columns together by position, it has to look whether the names are the same in each
 * file. Parquet has the columns of all files. In JSON a null is written.
 *
 * https://spark.apache.org/docs/3.5.9/sql-data-sources-csv.html#data-source-option
 */
const READ: Record<FileFormat, string> = {
  parquet: `, mergeSchema 'true'`,
  csv: `, header 'true', inferSchema 'true', multiLine 'true', escape '"', enforceSchema 'false'`,
  json: '',
  orc: `, mergeSchema 'true'`,
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
  const select = oneSelect(query, { backslashEscapes: true });
  const { format } = output;
  return [
    ...SETTINGS.map((setting) => `SET ${setting}`),
    ...Object.entries(inputs).flatMap(([name, files]) => views(name, files, s3Scheme)),
    `INSERT OVERWRITE DIRECTORY ${literal(inScheme(output.path, s3Scheme))} USING ${format}${WRITE[format]}\n${select}\n`,
  ];
}

/** One view, or, where the path may match folders beside the files, one over all that it matches and one of the files. */
function views(name: string, { path, format }: FileSet, s3Scheme: 's3' | 's3a'): string[] {
  const { path: at, names, tooDeep } = sparkFiles(`input ${name}`, inScheme(path, s3Scheme));
  const filter = names === undefined ? '' : `, pathGlobFilter ${literal(names)}`;
  // By which folders like dt=2001-01-05 are no columns either.
  const options = `path ${literal(at)}, recursiveFileLookup 'true'${filter}${READ[format]}`;
  const view = (of: string) => `CREATE OR REPLACE TEMPORARY VIEW \`${of}\``;
  const own = (of: string) => `${view(of)} USING ${format} OPTIONS (${options})`;
  if (tooDeep === undefined) return [own(name)];
  // No input has a name that begins with a digit.
  const all = `0_${name}`;
  const where = `input_file_name() NOT LIKE ${literal(tooDeep)}`;
  return [own(all), `${view(name)} AS SELECT * FROM \`${all}\` WHERE ${where}`];
}

const inScheme = (path: string, s3Scheme: 's3' | 's3a'): string => path.replace(/^s3a?:/, `${s3Scheme}:`);

/** A script of them, as `spark-sql -f` takes it. */
export const sparkSqlScript = (spec: SqlSpec, s3Scheme: 's3' | 's3a'): string =>
  sparkSql(spec, s3Scheme)
    .map((statement) => `${statement};\n`)
    .join('');

/** Spark's own escapes: a backslash, and quotes by a backslash. */
const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
