import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

/** What the baseline gets on stdin. */
export interface Alone {
  input: string;
  query: string;
  output: string;
  memory: string;
  threads: number;
}

/*
 * The baseline of a job: the same SQL over the same file to the same kind of file, by DuckDB and nothing else. Like a
 * job's process it ends without waiting for DuckDB to take itself apart.
 */

const { input, query, output, memory, threads } = JSON.parse(readFileSync(0, 'utf8')) as Alone;
const instance = await DuckDBInstance.create(':memory:', { memory_limit: memory, threads: String(threads) });
const connection = await instance.connect();
await connection.run(`CREATE VIEW flights AS SELECT * FROM read_parquet('${input}')`);
await connection.run(`COPY (${query}) TO '${output}' (FORMAT parquet, COMPRESSION snappy)`);
process.exit(0);
