import { EtlError } from '../../domain/failure.ts';
import type { Once, PublishPlan, PublishRequest, StatementBatch, TableShape } from '../../ports.ts';
import type { Catalog } from './catalog.ts';
import { checkColumns, createTable, loadedColumns, orderWarnings, tableFor } from './columns.ts';
import { copyStatement } from './copy.ts';
import { noTable } from './load-faults.ts';
import { guard, ledgerGuard, ledgerQuery, ledgerRow, lock, UNPUBLISHED } from './ledger.ts';
import { moves } from './moves.ts';
import { quoted, stageTable, type TableName } from './names.ts';

const HOUR_MS = 3_600_000;
/** A statement of the Data API lives 24 hours at the most, so that nothing uses an older stage any more. */
const STAGE_LIVES_MS = 48 * HOUR_MS;
/** Each costs a statement of the batch. */
const SWEPT_AT_ONCE = 10;

/** What a plan is made of beside the request. */
export interface Around {
  target: TableName;
  catalog: Catalog;
  iamRole: string | undefined;
  nowMs: number;
}

/** The statements that publish a request's files exactly once. */
export function publishPlan(request: PublishRequest, around: Around): PublishPlan {
  const { target, nowMs } = around;
  const table = targetOf(request, around);
  const loaded = loadedColumns(request, table);
  const { columns: ofFiles, rows } = request.contents;
  // A table that is made for the files has their types.
  if (ofFiles !== undefined && around.catalog.table)
    checkColumns(ofFiles, table, loaded, { ...request, required: around.catalog.required });
  const stage = `millrace.${stageTable(request.key, nowMs)}`;
  const once: Once = { target: target.full, unit: request.unit, key: request.key, seq: request.seq };
  const columns = loaded ?? table.columns.map(({ name }) => name);
  const move = moves({ request, target, table, stage, columns });
  const guards = [
    { sql: ledgerGuard(once, request.mode === 'append'), broken: UNPUBLISHED },
    ...(rows === undefined
      ? []
      : [
          {
            sql: guard(`COUNT(*) = ${rows}`, `FROM ${stage}`),
            broken: `the stage does not have the ${rows} rows that the files have`,
          },
        ]),
    ...move.guards,
  ];
  const changes = [...(move.delete === undefined ? [] : [move.delete]), move.insert];
  const firstChange = 1 + guards.length;
  const staging = stageOf(request, around, { table, stage, once, loaded });
  return {
    stage: staging.stage,
    load: staging.load,
    publish: {
      statements: [
        lock(target.full),
        ...guards.map(({ sql }) => sql),
        ...changes,
        ledgerRow(once, request.manifestHash, ['COUNT(*)', ` FROM ${stage}`]),
        `DROP TABLE ${stage}`,
      ],
    },
    insert: firstChange + changes.length - 1,
    ...(move.delete !== undefined && { delete: firstChange }),
    guards: {
      stage: { [staging.guarded]: UNPUBLISHED },
      publish: Object.fromEntries(guards.map(({ broken }, index) => [1 + index, broken])),
    },
    ledger: { statements: [ledgerQuery(once, request.manifestHash)] },
    cleanUp: { statements: [`DROP TABLE IF EXISTS ${stage}`] },
    warnings: ofFiles === undefined ? [] : orderWarnings(ofFiles, table, loaded),
  };
}

function targetOf(request: PublishRequest, { target, catalog }: Around): TableShape {
  if (catalog.table) return catalog.table;
  const fault = noTable(catalog, request.createTable);
  if (fault) throw new EtlError(fault.type, fault.message);
  return tableFor(target.full, request);
}

/** Loading into a table of its own; and the stages go that were left behind, as when a run was terminated. */
function stageOf(
  request: PublishRequest,
  { catalog, target, nowMs, iamRole }: Around,
  {
    table,
    stage,
    once,
    loaded,
  }: { table: TableShape; stage: string; once: Once; loaded: readonly string[] | undefined },
): { stage: StatementBatch; load: number; guarded: number } {
  const stale = catalog.stages
    .filter(({ preparedAt }) => preparedAt < nowMs - STAGE_LIVES_MS)
    .slice(0, SWEPT_AT_ONCE);
  const made = catalog.table ? [] : [createTable(target.sql, table)];
  const before = [
    ...made,
    // Asked again before the publication; here it saves the load.
    ledgerGuard(once, request.mode === 'append'),
    `DROP TABLE IF EXISTS ${stage}`,
    `CREATE TABLE ${stage} (${shapeOf(table, catalog, target, loaded)})`,
  ];
  const load = copyStatement(request, stage, loaded, iamRole);
  const sweep = stale.map(({ name }) => `DROP TABLE IF EXISTS millrace.${name}`);
  return {
    stage: { statements: [...before, load, ...sweep] },
    load: before.length,
    guarded: made.length,
  };
}

/**
 * The columns of the stage. LIKE keeps all of them, their encodings and NOT NULL, but neither defaults nor identities: a
 * column that is never null and that the files don't fill would stop the load. So it is let be null there, and the target
 * fills it when the rows are inserted.
 *
 * @see https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html
 */
function shapeOf(
  { columns }: TableShape,
  { required }: Catalog,
  target: TableName,
  loaded: readonly string[] | undefined,
): string {
  const isFilled = (name: string) => loaded === undefined || loaded.includes(name);
  if ([...required].every(isFilled)) return `LIKE ${target.sql}`;
  return columns
    .map(
      ({ name, type }) => `${quoted(name)} ${type}${required.has(name) && isFilled(name) ? ' NOT NULL' : ''}`,
    )
    .join(', ');
}
