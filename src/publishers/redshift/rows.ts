import type { ColumnMetadata, Field } from '@aws-sdk/client-redshift-data';
import type { Row } from '../../ports.ts';

type Cell = Row[string];

/** A row of the Data API as plain JSON; numerics become numbers, as JSON has no others. */
export const toRow = (columns: ColumnMetadata[], fields: Field[]): Row =>
  Object.fromEntries(
    fields.map((field, index) => [columns[index]?.name ?? `column${index + 1}`, cell(columns[index], field)]),
  );

function cell(column: ColumnMetadata | undefined, field: Field): Cell {
  if (field.isNull) return null;
  if (field.longValue !== undefined) return field.longValue;
  if (field.doubleValue !== undefined) return field.doubleValue;
  if (field.booleanValue !== undefined) return field.booleanValue;
  if (field.stringValue === undefined) return null;
  return /^(numeric|decimal)/i.test(column?.typeName ?? '') ? Number(field.stringValue) : field.stringValue;
}
