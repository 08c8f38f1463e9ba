/**
 * A PySpark program that runs SQL statements in order, for where Spark's own SQL shell can't be had: it doesn't run in
 * cluster mode, and EMR Serverless knows no other.
 */
export const pysparkSql = (statements: readonly string[]): string => `import json
from pyspark.sql import SparkSession

spark = SparkSession.builder.enableHiveSupport().getOrCreate()
for statement in json.loads(${JSON.stringify(JSON.stringify(statements))}):
    spark.sql(statement)
spark.stop()
`;
