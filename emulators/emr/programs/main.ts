import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Files } from '../s3.ts';
import { sparkApplication } from './spark-submit.ts';
import { splitStatements } from './statements.ts';

/*
 * The programs that a cluster has on its path, as far as this stand-in has them. Run as `main.js NAME ARGUMENTS`, with
 * S3 where the AWS variables say.
 */

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** Options of spark-sql, spark-submit and hive that take a value and change nothing here. */
const PASSED_OVER =
  /^(--(name|conf|master|deploy-mode|queue|num-executors|(driver|executor)-(memory|cores)|packages|jars|files|py-files|hiveconf|hivevar|database)|-(d|i))$/;

async function runText(args: string[], refusal: (message: string) => string): Promise<number> {
  const files = new Files({});
  let text: string | undefined;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '-f') text = Buffer.from(await files.read(args[(at += 1)] ?? '')).toString();
    else if (word === '-e') text = args[(at += 1)] ?? '';
    else if (PASSED_OVER.test(word)) at += 1;
  }
  if (text === undefined) throw new Error('there is nothing to run; give -f FILE or -e TEXT');
  const sql = await openSql(files);
  try {
    for (const statement of splitStatements(text)) {
      const rows = await sql.run(statement);
      for (const row of rows) process.stdout.write(`${Object.values(row).map(cell).join('\t')}\n`);
      process.stderr.write(`Time taken: ${rows.length} row(s)\n`);
    }
    return 0;
  } catch (error) {
    process.stderr.write(`${refusal((error as Error).message)}\n`);
    return 1;
  } finally {
    sql.close();
    files.close();
  }
}

/** Loaded when it is needed: DuckDB takes its time. */
const openSql = async (files: Files) => (await import('./sql.ts')).Sql.open(files);

/** Answers each line, a statement in JSON, with a line of rows or of the error: what PySpark's stand-in talks to. */
async function answerStatements(): Promise<number> {
  const files = new Files({});
  const sql = await openSql(files);
  for await (const line of createInterface(process.stdin)) {
    const answer = await sql.run(JSON.parse(line) as string).then(
      (rows) => ({ rows }),
      (error: unknown) => ({ error: (error as Error).message }),
    );
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  sql.close();
  files.close();
  return 0;
}

async function submit(args: string[]): Promise<number> {
  const files = new Files({});
  const [command = '', ...rest] = await sparkApplication(args, files, process.cwd());
  files.close();
  const [code] = (await once(spawn(command, rest, { stdio: 'inherit' }), 'exit')) as [number | null];
  return code ?? 137;
}

const cell = (value: unknown): string =>
  value === null ? 'NULL' : typeof value === 'string' ? value : JSON.stringify(value);

const [name, ...args] = process.argv.slice(2);
const PROGRAMS: Record<string, () => Promise<number>> = {
  'spark-sql': () => runText(args, (message) => `Error in query: ${message}`),
  hive: () => runText(args, (message) => `FAILED: SemanticException ${message}`),
  'hive-script': () =>
    runText(args.slice(args.indexOf('--args') + 1), (message) => `FAILED: SemanticException ${message}`),
  'spark-submit': () => submit(args),
  statements: answerStatements,
};
const program = PROGRAMS[name ?? ''];
try {
  if (program === undefined) throw new Error(`this stand-in has no program ${name}`);
  process.exitCode = await program();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
