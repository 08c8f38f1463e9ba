import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import path from 'node:path';
import { splitSql } from '../database/split-sql.ts';
import type { ActivityWork } from '../types/type.ts';
import { activity } from './activity.ts';
import { formatOf, type RecordFormat } from './record-format.ts';
import { stage, type Staged } from './staging.ts';

/**
 * Runs a Hive script, as far as DuckDB takes its SQL: `${input1}`, `${output1}` … are the tables of staged data nodes,
 * whose columns their data formats name.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-hiveactivity.html
 */
export const hiveActivity = activity({
  oneOf: [['hiveScript', 'scriptUri']],
  optional: ['scriptVariable', 'stage', 'hadoopQueue'],
  data: true,
  logField: 'hadoopJobLog',

  async run(work) {
    const { object, services, signal, out } = work;
    const uri = object.text('scriptUri');
    const script = uri === undefined ? (object.text('hiveScript') ?? '') : await services.s3.text(uri);
    // Staging is on unless it is turned off.
    const staging = object.text('stage')?.toLowerCase() === 'false' ? undefined : await stage(work);
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    const interrupt = () => connection.interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      for (const [index, staged] of (staging?.inputs ?? []).entries())
        await readTable(connection, `input${index + 1}`, staged);
      for (const [index, staged] of (staging?.outputs ?? []).entries())
        await makeTable(connection, `output${index + 1}`, staged);
      for (const statement of splitSql(withVariables(script, variablesOf(work)))) {
        signal.throwIfAborted();
        for (const row of await runStatement(connection, statement)) out(`${row.join('\t')}\n`);
      }
      for (const [index, staged] of (staging?.outputs ?? []).entries())
        await writeTable(connection, `output${index + 1}`, staged);
    } finally {
      signal.removeEventListener('abort', interrupt);
      connection.closeSync();
      instance.closeSync();
    }
    await staging?.deliver();
  },
});

/** `NAME=value` of `scriptVariable`, and the tables of the data nodes. */
function variablesOf({ object }: ActivityWork): Map<string, string> {
  const tables = ['input', 'output'].flatMap((key) =>
    object.objects(key).map((_, index): [string, string] => [`${key}${index + 1}`, `${key}${index + 1}`]),
  );
  const given = object.texts('scriptVariable').map((text): [string, string] => {
    const at = text.indexOf('=');
    return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  });
  return new Map([...tables, ...given]);
}

const withVariables = (script: string, variables: ReadonlyMap<string, string>): string =>
  script.replace(
    /\$\{(?:hiveconf:|hivevar:)?(?<name>\w+)\}/g,
    (whole, name: string) => variables.get(name) ?? whole,
  );

/** Hive's words for an insert become DuckDB's; a setting says nothing here. */
async function runStatement(connection: DuckDBConnection, text: string): Promise<unknown[][]> {
  const statement = text.replace(/^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)+/, '');
  if (/^set\b/i.test(statement)) return [];
  const { target, rest } =
    /^insert\s+(?:overwrite|into)\s+(?:table\s+)?(?<target>\w+)\s+(?<rest>[^]*)$/i.exec(statement)?.groups ??
    {};
  const overwrites = /^insert\s+overwrite/i.test(statement);
  try {
    if (target !== undefined) {
      if (overwrites) await connection.run(`delete from ${target}`);
      await connection.run(`insert into ${target} ${rest}`);
      return [];
    }
    return (await connection.runAndReadAll(statement)).getRows();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`this stand-in runs Hive scripts on DuckDB, which says: ${said}`, { cause: error });
  }
}

const DUCKDB_TYPES: Readonly<Record<string, string>> = { string: 'varchar', binary: 'blob' };
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

function formatWithColumns({ node }: Staged): RecordFormat {
  const format = formatOf(node);
  if (format === undefined || format.columns.length === 0)
    throw new Error(`${node.id}: a Hive table needs a dataFormat with its columns`);
  return format;
}

const columnsOf = ({ columns }: RecordFormat) =>
  columns.map(({ name, type }) => ({ name, type: DUCKDB_TYPES[type.toLowerCase()] ?? type }));

async function readTable(connection: DuckDBConnection, table: string, staged: Staged): Promise<void> {
  const format = formatWithColumns(staged);
  const columns = columnsOf(format).map(({ name, type }) => `${quoted(name)}: ${quoted(type)}`);
  const options = `delim = ${quoted(format.separator)}, header = false, quote = '', escape = '', nullstr = '\\N', columns = {${columns.join(', ')}}`;
  await connection.run(
    `create table ${table} as select * from read_csv(${quoted(path.join(staged.folder, '**', '*'))}, ${options})`,
  );
}

async function makeTable(connection: DuckDBConnection, table: string, staged: Staged): Promise<void> {
  const columns = columnsOf(formatWithColumns(staged)).map(({ name, type }) => `"${name}" ${type}`);
  await connection.run(`create table ${table} (${columns.join(', ')})`);
}

async function writeTable(connection: DuckDBConnection, table: string, staged: Staged): Promise<void> {
  const { separator } = formatWithColumns(staged);
  const file = quoted(path.join(staged.folder, '000000_0'));
  await connection.run(
    `copy ${table} to ${file} (format csv, header false, delim ${quoted(separator)}, quote '', escape '', nullstr '\\N')`,
  );
}
