import type { Once, OncePlan, StatementBatch } from '../../ports.ts';
import { lockTable, text } from './names.ts';

/*
 * What was published, when and by whom. Redshift enforces no keys; its transaction takes the snapshot at the first
 * SELECT, DML, CREATE or DROP, though not at LOCK. Hence every transaction that takes effect once begins with the lock,
 * then asks the ledger by a query that divides by zero when the answer is no, and ends with its own row in the ledger.
 */

export const LEDGER = 'millrace.ledger';

const LEDGER_COLUMNS =
  'target varchar(256), unit varchar(512), key varchar(64), seq bigint, ' +
  'manifest_hash varchar(64), row_count bigint, published_at timestamp';

/** What of our own schema is there. */
export interface OwnTables {
  schema: boolean;
  /** Names of its tables, without the schema. */
  tables: ReadonlySet<string>;
}

/** What has to be made before a target is first published. To make what is there needs privileges that nobody needs else. */
export function missingTables({ schema, tables }: OwnTables, target: string): string[] {
  const lock = lockTable(target);
  return [
    ...(schema ? [] : ['CREATE SCHEMA IF NOT EXISTS millrace']),
    ...(tables.has('ledger') ? [] : [`CREATE TABLE IF NOT EXISTS ${LEDGER} (${LEDGER_COLUMNS})`]),
    ...(tables.has(lock) ? [] : [`CREATE TABLE IF NOT EXISTS millrace.${lock} (locked int)`]),
  ];
}

export const lock = (target: string): string => `LOCK TABLE millrace.${lockTable(target)}`;

/** A query that divides by zero where something does not hold: a batch knows no `if`. */
export const guard = (holds: string, from: string): string =>
  `SELECT 1/(CASE WHEN ${holds} THEN 1 ELSE 0 END) ${from}`;

const ofUnit = ({ target, unit }: Once): string => `target = ${text(target)} AND unit = ${text(unit)}`;

/** Neither this key nor a newer run's is in the ledger; where nothing may follow anything, no key at all. */
export const ledgerGuard = (once: Once, first = false): string =>
  guard(
    'COUNT(*) = 0',
    `FROM ${LEDGER} WHERE ${ofUnit(once)}` +
      (first ? '' : ` AND (key = ${text(once.key)} OR seq > ${once.seq})`),
  );

export const UNPUBLISHED = 'the ledger has this publication, or a newer run of its interval';

/** @param count the rows, as an expression and where they are, like `COUNT(*)` and ` FROM stage` */
export const ledgerRow = (
  { target, unit, key, seq }: Once,
  manifestHash: string,
  [count, from]: readonly [string, string],
): string =>
  `INSERT INTO ${LEDGER} (target, unit, key, seq, manifest_hash, row_count, published_at) SELECT ` +
  [text(target), text(unit), text(key), seq, text(manifestHash), count, 'GETDATE()'].join(', ') +
  from;

/** The look-up after a lost answer: one row, whatever the ledger has. */
export const ledgerQuery = (once: Once, manifestHash = ''): string => {
  const own = `key = ${text(once.key)}`;
  const count = (of: string) => `COALESCE(SUM(CASE WHEN ${of} THEN 1 ELSE 0 END), 0)`;
  return (
    `SELECT ${count(own)} AS published, ${count(`${own} AND manifest_hash = ${text(manifestHash)}`)} AS same_files, ` +
    `${count(`key <> ${text(once.key)} AND seq > ${once.seq}`)} AS newer, ` +
    `MAX(CASE WHEN ${own} THEN row_count END) AS row_count, COUNT(*) AS any_key, ` +
    `MAX(CASE WHEN seq = newest THEN manifest_hash END) AS newest_files ` +
    `FROM (SELECT l.*, MAX(seq) OVER () AS newest FROM ${LEDGER} l WHERE ${ofUnit(once)}) u`
  );
};

/** The user's own statements between lock and ledger. */
export function oncePlan(batch: StatementBatch, once: Once): OncePlan {
  const before = [lock(once.target), ledgerGuard(once)];
  return {
    run: { statements: [...before, ...batch.statements, ledgerRow(once, '', ['0', ''])] },
    before: before.length,
    guards: { 1: UNPUBLISHED },
    ledger: { statements: [ledgerQuery(once)] },
  };
}
