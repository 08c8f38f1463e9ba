import { createHash } from 'node:crypto';
import { splitStatements } from '../domain/sql-template.ts';
import type { SqlSpec } from '../ports.ts';
import { sparkSql } from './spark-sql.ts';

/** Where a Spark has Hive's catalogue only if a program asks for it: EMR Serverless. */
export interface Catalogue {
  hive: boolean;
}

/** A Python program that does what `sql` says: see `sparkSql`. */
export const programOfSql = (spec: SqlSpec, s3Scheme: 's3' | 's3a', catalogue?: Catalogue): string =>
  program(sparkSql(spec, s3Scheme), false, catalogue);

/** A Python program that runs a script of Spark SQL, and prints the first rows of what its statements return. */
export const programOfScript = (script: string, catalogue?: Catalogue): string =>
  program(splitStatements(script), true, catalogue);

/** A name for a program that changes with its content. */
export const programName = (text: string): string =>
  `${createHash('sha256').update(text).digest('hex').slice(0, 12)}.py`;

/*
 * A program, because it runs wherever Python does on Spark: in each deploy mode, with no path of a jar to be known, and
 * with the cluster's own catalogue. `spark-sql` can't be run on a cluster's machines. Strings of JSON are strings of Python.
 */
const program = (
  statements: string[],
  show: boolean,
  { hive }: Catalogue = { hive: false },
): string => `# Made by Millrace.
from pyspark.sql import SparkSession

STATEMENTS = ${JSON.stringify(statements, null, 4)}

spark = SparkSession.builder${hive ? '.enableHiveSupport()' : ''}.getOrCreate()
for statement in STATEMENTS:
    rows = spark.sql(statement)
${show ? '    if rows.columns:\n        rows.show(20, truncate=False)\n' : ''}spark.stop()
`;
