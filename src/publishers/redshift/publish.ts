import { shortHash } from '../../domain/key.ts';
import { EtlError } from '../../domain/failure.ts';
import type { PublishPlan, PublishRequest } from '../../ports.ts';

/*
 * Redshift enforces no keys; its transaction takes the snapshot at the first SELECT, DML, CREATE or DROP, though not at
 * LOCK; and TRUNCATE commits. Hence: the lock first, then the ledger's guard, then DELETE and INSERT, all in one
 * transaction. A guard is a query that divides by zero when the rows must not be published.
 */

const NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$/;

/** What was published, when and by whom; made on first use. */
const LEDGER = [
  'CREATE SCHEMA IF NOT EXISTS millrace',
  'CREATE TABLE IF NOT EXISTS millrace.ledger (target varchar(256), unit varchar(512), key varchar(64), seq bigint, ' +
    'manifest_hash varchar(64), row_count bigint, published_at timestamp)',
];

/** The statements that publish a request's files exactly once. */
export function publishPlan(request: PublishRequest, iamRole: string | undefined): PublishPlan {
  const target = identifier(request.table, 'table').toLowerCase();
  const stage = `millrace.s_${request.key.replaceAll('-', '_')}`;
  const lock = `millrace.lock_${shortHash(target, 16)}`;
  const ledgerOf = `target = ${text(target)} AND unit = ${text(request.unit)}`;
  const move = moves(request, target, stage);
  const publish = [
    `LOCK TABLE ${lock}`,
    guard(
      `COUNT(*) = 0`,
      `FROM millrace.ledger WHERE ${ledgerOf} AND (key = ${text(request.key)} OR seq > ${request.seq})`,
    ),
    guard(`COUNT(*) = ${request.rows}`, `FROM ${stage}`),
    ...move.guards.map(({ sql }) => sql),
    ...move.statements,
    `INSERT INTO millrace.ledger (target, unit, key, seq, manifest_hash, row_count, published_at) ` +
      `VALUES (${text(target)}, ${text(request.unit)}, ${text(request.key)}, ${request.seq}, ` +
      `${text(request.manifestHash)}, ${request.rows}, GETDATE())`,
    `DROP TABLE ${stage}`,
  ];
  return {
    stage: { statements: stageStatements(request, target, stage, lock, iamRole) },
    publish: { statements: publish },
    guards: Object.fromEntries([
      [1, 'the ledger has this publication, or a newer run of its interval'],
      [2, `the stage does not have the ${request.rows} rows that the files have`],
      ...move.guards.map(({ broken }, index) => [3 + index, broken] as const),
    ]),
    ledger: {
      statements: [
        ...LEDGER,
        `SELECT SUM(CASE WHEN key = ${text(request.key)} THEN 1 ELSE 0 END) AS published, ` +
          `SUM(CASE WHEN key <> ${text(request.key)} AND seq > ${request.seq} THEN 1 ELSE 0 END) AS newer ` +
          `FROM millrace.ledger WHERE ${ledgerOf}`,
      ],
    },
    cleanUp: { statements: [`DROP TABLE IF EXISTS ${stage}`] },
  };
}

function stageStatements(
  { manifest, format }: PublishRequest,
  target: string,
  stage: string,
  lock: string,
  iamRole: string | undefined,
): string[] {
  if (format !== 'parquet') {
    throw new EtlError(
      'Rejected',
      `COPY takes Parquet for now, and the files are ${format}; write them as parquet`,
    );
  }
  return [
    ...LEDGER,
    `CREATE TABLE IF NOT EXISTS ${lock} (locked int)`,
    `DROP TABLE IF EXISTS ${stage}`,
    `CREATE TABLE ${stage} (LIKE ${target})`,
    `COPY ${stage} FROM ${text(manifest)} IAM_ROLE ${iamRole === undefined ? 'default' : text(iamRole)} ` +
      'FORMAT AS PARQUET MANIFEST',
  ];
}

interface Moves {
  guards: { sql: string; broken: string }[];
  statements: string[];
}

/** How the staged rows get into the target. */
function moves({ mode, uniqueKey = [], where }: PublishRequest, target: string, stage: string): Moves {
  const insert = `INSERT INTO ${target} SELECT * FROM ${stage}`;
  if (mode === 'replaceWhere') {
    if (where === undefined) throw new EtlError('Rejected', 'replaceWhere needs `where`');
    const outside = guard('COUNT(*) = 0', `FROM ${stage} WHERE (${where}) IS NOT TRUE`);
    const broken = `the files have rows outside of \`where: ${where}\`, which a rerun would load twice`;
    return {
      guards: [{ sql: outside, broken }],
      statements: [`DELETE FROM ${target} WHERE ${where}`, insert],
    };
  }
  if (uniqueKey.length === 0)
    throw new EtlError('Rejected', 'upsert needs `uniqueKey`, the columns that tell rows apart');
  const columns = uniqueKey.map((column) => identifier(column, 'uniqueKey'));
  const table = target.split('.').at(-1);
  const list = columns.join(', ');
  const missing = columns.map((column) => `${column} IS NULL`).join(' OR ');
  return {
    guards: [
      {
        sql: guard(
          'COUNT(*) = 0',
          `FROM (SELECT ${list} FROM ${stage} GROUP BY ${list} HAVING COUNT(*) > 1) d`,
        ),
        broken: `the files have several rows with the same ${list}: make them one in the job's SQL`,
      },
      {
        sql: guard('COUNT(*) = 0', `FROM ${stage} WHERE ${missing}`),
        broken: `the files have rows whose ${list} is null, which no later upsert would find again`,
      },
    ],
    statements: [
      `DELETE FROM ${target} USING ${stage} s WHERE ` +
        columns.map((column) => `${table}.${column} = s.${column}`).join(' AND '),
      insert,
    ],
  };
}

const guard = (holds: string, from: string): string =>
  `SELECT 1/(CASE WHEN ${holds} THEN 1 ELSE 0 END) ${from}`;

function identifier(name: string, what: string): string {
  if (NAME.test(name)) return name;
  throw new EtlError(
    'Rejected',
    `${what} ${JSON.stringify(name)} is no plain name; write letters, digits and _`,
  );
}

/** Quotes and backslashes are both doubled: Redshift reads backslash escapes in literals. */
const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
