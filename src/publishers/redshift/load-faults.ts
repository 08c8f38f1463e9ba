import { EtlError } from '../../domain/failure.ts';
import type { LoadFault, PlannedLoad } from '../../ports.ts';
import type { Catalog } from './catalog.ts';
import { checkColumns, loadedColumns, resolveColumns } from './columns.ts';
import { checkLoaded, keyOf, orderOf } from './moves.ts';

/** What would stop a load, as far as the catalog says, and earlier files of its job. */
export function loadFaults(load: PlannedLoad, catalog: Catalog): LoadFault[] {
  const { table } = catalog;
  const { mode, columns, createTable, mayChange, contents = {}, options } = load;
  if (mayChange) return [];
  if (!table) {
    const fault = noTable(catalog, createTable);
    return fault ? [fault] : [];
  }
  const loaded = () =>
    columns
      ? resolveColumns(Array.isArray(columns) ? columns : Object.keys(columns), table, '`columns`')
      : table.columns.map(({ name }) => name);
  const checks = [
    () => mode === 'upsert' && checkLoaded(keyOf(load, table), loaded(), 'key'),
    () => mode === 'upsert' && checkLoaded(orderOf(load, table), loaded(), 'order'),
    loaded,
    () =>
      contents.columns &&
      checkColumns(contents.columns, table, loadedColumns({ contents, ...(columns && { columns }) }, table), {
        options,
        required: catalog.required,
      }),
  ];
  const faults = checks.flatMap(faultOf);
  return [...new Map(faults.map((fault) => [fault.message, fault])).values()];
}

/** Why a target that is no table can't be loaded; undefined where the step makes it. */
export function noTable({ target, isNoTable }: Catalog, createTable = false): LoadFault | undefined {
  if (createTable && !isNoTable) return undefined;
  const message = isNoTable
    ? `${target} is a view, and COPY loads into tables`
    : `the table ${target} does not exist; create it before, or let the step do it by createTable: true`;
  return { code: 'table', type: 'PublishFailed', message };
}

function faultOf(check: () => unknown): LoadFault[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof EtlError) || (error.type !== 'Rejected' && error.type !== 'PublishFailed'))
      throw error;
    return [{ code: 'columns', type: error.type, message: error.message }];
  }
}
