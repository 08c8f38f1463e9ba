import { text } from 'node:stream/consumers';
import { runOnDuckdb } from './run.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** How each engine begins what it says of an error. */
const FAILED: Record<string, string> = {
  hive: 'FAILED: SemanticException ',
  spark: 'Error in query: ',
  presto: 'Query failed: ',
};

/** A process of its own: takes `{sql, dialect, httpfs}` on its input, prints rows, and says on stderr what failed. */
const request = JSON.parse(await text(process.stdin)) as Parameters<typeof runOnDuckdb>[0];
try {
  process.stderr.write(`Millrace's stand-in runs ${request.dialect} on DuckDB\n`);
  await runOnDuckdb(request, (rows) => process.stdout.write(rows));
  process.stderr.write('OK\n');
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${FAILED[request.dialect] ?? ''}${message.split('\n')[0]}\n${message}\n`);
  process.exitCode = 1;
}
