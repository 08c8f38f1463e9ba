import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What of this machine a stand-in cluster runs its commands with. */
export interface Tools {
  /** Of a Spark of this machine; without it SQL runs on DuckDB. */
  sparkHome: string | null;
  /** DuckDB's extension for S3; without it DuckDB downloads it. */
  httpfs: string | null;
}

/** By `SPARK_HOME`, and by what set-up found. */
export function findTools(env: NodeJS.ProcessEnv = process.env): Tools {
  const spark = env['SPARK_HOME'];
  return {
    sparkHome: spark !== undefined && existsSync(join(spark, 'bin', 'spark-submit')) ? spark : null,
    httpfs: recorded('httpfs'),
  };
}

function recorded(name: string): string | null {
  try {
    const all = JSON.parse(readFileSync(join(packageRoot(), '.millrace', 'tools.json'), 'utf8')) as object;
    return (all as Record<string, string | null>)[name] ?? null;
  } catch {
    return null;
  }
}

export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
