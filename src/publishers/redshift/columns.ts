import { fillsRecord } from '../../domain/copy-options.ts';
import { EtlError } from '../../domain/failure.ts';
import type { CopyOptions, FileColumn, PublishRequest, TableShape } from '../../ports.ts';
import { fits, sqlTypeOf } from './column-types.ts';
import { quoted } from './names.ts';

const wrong = (message: string): EtlError => new EtlError('PublishFailed', message);
const listed = (names: readonly string[]): string => `${names.length} (${names.join(', ')})`;

/** The table's columns that these names mean, as the catalog writes them. */
export function resolveColumns(
  names: readonly string[],
  { name: table, columns }: TableShape,
  what: string,
): string[] {
  return names.map((name) => {
    const found =
      columns.find((column) => column.name === name) ??
      columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
    if (found) return found.name;
    throw wrong(
      `${table} has no column ${name}, which ${what} names; it has: ${columns.map((column) => column.name).join(', ')}`,
    );
  });
}

/** The columns of the table that the files have, in the order of the files'. Undefined means all, in the table's order. */
export function loadedColumns(
  request: Pick<PublishRequest, 'columns' | 'contents'>,
  table: TableShape,
): string[] | undefined {
  const names = namedColumns(request);
  return names && resolveColumns(names, table, '`columns`');
}

/** The same by the names that `columns` has for them. */
function namedColumns({
  columns,
  contents,
}: Pick<PublishRequest, 'columns' | 'contents'>): string[] | undefined {
  if (columns === undefined || Array.isArray(columns)) return columns;
  const files = contents.columns?.map(({ name }) => name);
  if (files === undefined)
    throw wrong(
      'a mapping of `columns` needs files that name their columns, which is Parquet; write a list, in the order of the files’',
    );
  const targets = new Map<string, string>();
  for (const [target, source] of Object.entries(columns)) {
    const other = targets.get(source);
    if (other !== undefined)
      throw wrong(
        `\`columns\` takes ${source} for ${other} and for ${target}, and COPY loads a column once: write it twice in the job's SQL`,
      );
    if (!files.includes(source))
      throw wrong(
        `the files have no column ${source}, which \`columns\` takes for ${target}; they have: ${files.join(', ')}`,
      );
    targets.set(source, target);
  }
  return files.map((name) => {
    const target = targets.get(name);
    if (target !== undefined) return target;
    throw wrong(
      `the files have a column ${name}, and \`columns\` takes only ${[...targets.keys()].join(', ')}; map it as well, or leave it out of the files`,
    );
  });
}

/** What is wrong with the files' columns beside the table's, all of it; COPY would find the first after the load has begun. */
export function checkColumns(
  files: readonly FileColumn[],
  table: TableShape,
  loaded: readonly string[] | undefined,
  { options, required }: { options?: CopyOptions | undefined; required: ReadonlySet<string> },
): void {
  const wanted = loaded ?? table.columns.map(({ name }) => name);
  if (fillsRecord(options) ? files.length > wanted.length : files.length !== wanted.length) {
    const where = loaded ? '`columns` names' : `${table.name} has`;
    throw wrong(
      `the files have ${listed(files.map(({ name }) => name))} columns and ${where} ${listed(wanted)}; ` +
        'COPY loads Parquet by position: write the same columns in the same order, or name them by `columns`',
    );
  }
  // https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-conversion.html#copy-fillrecord
  const neverNull = wanted.slice(files.length).filter((name) => required.has(name));
  if (neverNull.length > 0)
    throw wrong(
      `the files have no column ${neverNull.join(', ')}, which is never null in ${table.name}, and fillRecord fills it with null: ` +
        "write it in the job's SQL, or name the columns that the files have by `columns`",
    );
  const faults = files.flatMap(({ name, type }, index) => {
    const column = table.columns.find((other) => other.name === wanted[index]);
    if (!column || fits(type, column.type)) return [];
    return [
      `column ${index + 1}, ${name}, is ${type} in the files, and ${column.name} is ${column.type} in ${table.name}`,
    ];
  });
  if (faults.length > 0) throw wrong(`${faults.join('; ')}: cast them in the job's SQL`);
}

/** Columns in the same order whose names differ: by position they may land in each other's place. */
export function orderWarnings(
  files: readonly FileColumn[],
  table: TableShape,
  loaded: readonly string[] | undefined,
): string[] {
  if (loaded !== undefined) return [];
  const names = table.columns.map(({ name }) => name.toLowerCase());
  const moved = files.filter(
    ({ name }, index) => names.includes(name.toLowerCase()) && names[index] !== name.toLowerCase(),
  );
  if (moved.length === 0) return [];
  return [
    `${moved.map(({ name }) => name).join(', ')} stand in another place in the files than in ${table.name}, and COPY goes by position`,
  ];
}

/** A table that is made for the files: with their columns, by the names that `columns` has for them. */
export function tableFor(
  name: string,
  request: Pick<PublishRequest, 'columns' | 'contents' | 'options'>,
): TableShape {
  const { columns } = request.contents;
  if (columns === undefined)
    throw wrong(
      `${name} does not exist, and createTable can make it from Parquet files only; create it before`,
    );
  const names = namedColumns(request) ?? columns.map((column) => column.name);
  if (names.length !== columns.length)
    throw wrong(
      `the files have ${listed(columns.map((column) => column.name))} columns and \`columns\` names ${listed(names)}: name them all, in their order`,
    );
  const made = columns.map((column, index) => {
    const type = sqlTypeOf(column);
    if (type === 'super' && request.options?.['serializeToJson'] !== true)
      throw wrong(
        `the files have a column ${column.name} of the type ${column.type}, which COPY loads as text of JSON only; write options: { serializeToJson: true }`,
      );
    if (type !== undefined) return { name: (names[index] ?? column.name).toLowerCase(), type };
    throw wrong(
      `the files have a column ${column.name} of the type ${column.type}, which COPY loads into no column that createTable could make; cast it in the job's SQL, or create ${name} before`,
    );
  });
  return { name, columns: made, primaryKey: [] };
}

export const createTable = (sql: string, { columns }: TableShape): string =>
  `CREATE TABLE IF NOT EXISTS ${sql} (${columns.map(({ name, type }) => `${quoted(name)} ${type}`).join(', ')})`;
