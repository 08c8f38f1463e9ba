import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailure } from '../error.ts';
import { runProcess } from '../process.ts';
import { packageRoot } from '../tools.ts';
import type { Surroundings } from './program.ts';

export type Dialect = 'hive' | 'spark' | 'presto';

/** Compiled, because it is a process of its own. */
const DUCKDB = join(packageRoot(), 'dist/emulators/qubole/sql/main.js');

/** Runs statements on a local Spark where there is one, else on DuckDB, which gets them translated. */
export async function runSql(sql: string, dialect: Dialect, around: Surroundings) {
  const { sparkHome, httpfs } = around.tools;
  if (sparkHome !== null && dialect !== 'presto') {
    const file = join(around.cwd, 'statements.sql');
    await writeFile(file, sql);
    return runProcess(join(sparkHome, 'bin/spark-sql'), [...sparkS3(), '-f', file], around);
  }
  if (!existsSync(DUCKDB)) throw new CommandFailure(`${DUCKDB} is missing; run npm run build`);
  return runProcess(process.execPath, [DUCKDB], {
    ...around,
    stdin: JSON.stringify({ sql, dialect, httpfs }),
  });
}

/** `s3://` as on a cluster of QDS, by Hadoop's s3a, wherever the environment says that S3 is. */
export function sparkS3(env: NodeJS.ProcessEnv = process.env): string[] {
  const endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const conf = {
    'spark.master': 'local[1]',
    'spark.ui.enabled': 'false',
    'spark.hadoop.fs.s3.impl': 'org.apache.hadoop.fs.s3a.S3AFileSystem',
    ...(endpoint !== undefined && {
      'spark.hadoop.fs.s3a.endpoint': endpoint,
      'spark.hadoop.fs.s3a.path.style.access': 'true',
      'spark.hadoop.fs.s3a.connection.ssl.enabled': String(endpoint.startsWith('https:')),
    }),
  };
  return Object.entries(conf).flatMap(([name, value]) => ['--conf', `${name}=${value}`]);
}
