import { EtlError } from '../../domain/failure.ts';
import type { PublishRequest, TableShape } from '../../ports.ts';
import { resolveColumns } from './columns.ts';
import { guard } from './ledger.ts';
import { quoted, type TableName } from './names.ts';

/** How the staged rows get into the target. */
export interface Moves {
  guards: { sql: string; broken: string }[];
  delete?: string;
  insert: string;
}

interface Staged {
  request: PublishRequest;
  target: TableName;
  table: TableShape;
  stage: string;
  /** The columns that the files have. */
  columns: readonly string[];
}

/** By mode: what has to hold, which rows go, and which come. */
export function moves(staged: Staged): Moves {
  const { request, target, stage, columns } = staged;
  const list = columns.map(quoted).join(', ');
  const insert = `INSERT INTO ${target.sql} (${list}) SELECT ${list} FROM ${stage}`;
  switch (request.mode) {
    case 'append':
      return { guards: [], insert };
    case 'replace':
      // Not TRUNCATE, which commits.
      return { guards: [], delete: `DELETE FROM ${target.sql}`, insert };
    case 'replaceWhere':
      return { ...replaceWhere(staged), insert };
    case 'upsert':
      return upsert(staged, list);
  }
}

function replaceWhere({ request: { where }, target, stage }: Staged): Omit<Moves, 'insert'> {
  if (where === undefined) throw new EtlError('Rejected', 'replaceWhere needs `where`');
  // On a line of its own, or a comment at its end would take the rest along.
  const outside = guard('COUNT(*) = 0', `FROM ${stage} WHERE (${where}\n) IS NOT TRUE`);
  const broken = `the files have rows outside of \`where: ${where}\`, which a rerun would load twice`;
  return { guards: [{ sql: outside, broken }], delete: `DELETE FROM ${target.sql} WHERE ${where}` };
}

function upsert({ request, target, table, stage, columns }: Staged, list: string): Moves {
  const key = keyOf(request, table);
  const order = orderOf(request, table);
  checkLoaded(key, columns, 'key');
  checkLoaded(order, columns, 'order');
  const names = key.map(quoted).join(', ');
  const words = key.join(', ');
  const isNull = key.map((column) => `${quoted(column)} IS NULL`).join(' OR ');
  const unknown = {
    sql: guard('COUNT(*) = 0', `FROM ${stage} WHERE ${isNull}`),
    broken: `the files have rows whose ${words} is null, which no later upsert would find again`,
  };
  const same = key.map((column) => `${target.sql}.${quoted(column)} = s.${quoted(column)}`).join(' AND ');
  const gone = `DELETE FROM ${target.sql} USING ${stage} s WHERE ${same}`;
  if (order.length === 0) {
    const twice = guard(
      'COUNT(*) = 0',
      `FROM (SELECT ${names} FROM ${stage} GROUP BY ${names} HAVING COUNT(*) > 1) d`,
    );
    const broken = `the files have several rows with the same ${words}: make them one in the job's SQL, or say by orderBy which is the newest`;
    return {
      guards: [{ sql: twice, broken }, unknown],
      delete: gone,
      insert: `INSERT INTO ${target.sql} (${list}) SELECT ${list} FROM ${stage}`,
    };
  }
  const newest = order.map((column) => `${quoted(column)} DESC NULLS LAST`).join(', ');
  const ranked = (rank: string) =>
    `(SELECT ${list}, ${rank}() OVER (PARTITION BY ${names} ORDER BY ${newest}) AS millrace_rank FROM ${stage}) d`;
  const tied = guard(
    'COUNT(*) = 0',
    `FROM (SELECT ${names} FROM ${ranked('RANK')} WHERE millrace_rank = 1 GROUP BY ${names} HAVING COUNT(*) > 1) t`,
  );
  const broken = `the files have several rows with the same ${words} and the same ${order.join(', ')}, so that none is the newest`;
  return {
    guards: [{ sql: tied, broken }, unknown],
    delete: gone,
    insert: `INSERT INTO ${target.sql} (${list}) SELECT ${list} FROM ${ranked('ROW_NUMBER')} WHERE millrace_rank = 1`,
  };
}

/** The columns by which an upsert tells rows apart. */
export function keyOf({ uniqueKey = [] }: Pick<PublishRequest, 'uniqueKey'>, table: TableShape): string[] {
  if (uniqueKey.length > 0) return resolveColumns(uniqueKey, table, '`uniqueKey`');
  if (table.primaryKey.length > 0) return table.primaryKey;
  const mend = 'write uniqueKey, the columns that tell rows apart';
  throw new EtlError(
    'Rejected',
    `upsert needs to tell rows apart, and ${table.name} has no primary key; ${mend}`,
  );
}

/** The columns by which an upsert tells which of the rows with one key is the newest. */
export const orderOf = ({ orderBy = [] }: Pick<PublishRequest, 'orderBy'>, table: TableShape): string[] =>
  resolveColumns(orderBy, table, '`orderBy`');

const WHY = {
  key: 'upsert needs to tell rows apart',
  order: '`orderBy` needs to tell which row is the newest',
} as const;

/** Says no to columns that an upsert goes by and that the files don't fill. */
export function checkLoaded(
  needed: readonly string[],
  loaded: readonly string[],
  what: keyof typeof WHY,
): void {
  const missing = needed.filter((column) => !loaded.includes(column));
  if (missing.length === 0) return;
  throw new EtlError(
    'PublishFailed',
    `the files have no column ${missing.join(', ')}, which ${WHY[what]}: write it in the job's SQL, and name it in \`columns\``,
  );
}
