import { z } from 'zod';
import { filled } from '../fields.ts';
import { checkCopy } from './check-copy.ts';
import { column, columns, loadedFiles, role, table, warehouse } from './fields.ts';
import { kindSpec } from './kind.ts';

export const redshiftCopy = kindSpec('redshiftCopy', {
  schema: z
    .strictObject({
      warehouse: warehouse(),
      from: loadedFiles(),
      table: table().meta({ description: 'The table, with its schema.', examples: ['public.orders'] }),
      mode: z.enum(['append', 'upsert', 'replace', 'replaceWhere']).meta({
        description:
          'append adds the rows, once per interval; upsert replaces the rows of the same uniqueKey, replaceWhere all rows for which where is true, replace all.',
      }),
      uniqueKey: columns()
        .optional()
        .meta({
          description: 'For upsert: the columns that tell rows apart; else the table’s primary key.',
          examples: ['[day, origin]'],
        }),
      orderBy: z
        .union([column(), columns()])
        .optional()
        .meta({
          description: 'For upsert: of rows with the same key in the files the last by these columns wins.',
          examples: ['updated_at'],
        }),
      where: filled()
        .optional()
        .meta({ description: 'For replaceWhere: SQL.', examples: ['day = ${interval.date}'] }),
      columns: z
        .union([columns(), z.record(column(), filled())])
        .optional()
        .meta({
          description:
            'The table’s columns in the order of the files’; or, for Parquet, table column: file column.',
          examples: ['[day, origin, flights]'],
        }),
      options: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
        .optional()
        .meta({
          description: 'COPY’s own options.',
          examples: ['{ delimiter: "|", dateFormat: auto }'],
        }),
      maxErrors: z.int().min(0).max(99_999).optional().meta({
        description: 'How many rows may be left out, for CSV and JSON; they are kept in S3.',
      }),
      createTable: z
        .boolean()
        .optional()
        .meta({ description: 'Makes the table where it is missing, by the columns of the Parquet files.' }),
      iamRole: role(),
    })
    .meta({ description: 'Publishes files into a Redshift table, exactly once.' }),
  connection: 'warehouse',
  texts: {
    from: 'fileSet',
    mode: 'plain',
    uniqueKey: 'plain',
    'uniqueKey.*': 'plain',
    orderBy: 'plain',
    'orderBy.*': 'plain',
    columns: 'plain',
    'columns.*': 'plain',
    'options.*': 'plain',
    where: 'sql',
  },
  build: ({ warehouse: own, from, table: target, mode, orderBy, ...more }, build) => ({
    warehouse: build.connection('warehouse', own),
    from,
    table: target,
    mode,
    ...(orderBy !== undefined && { orderBy: typeof orderBy === 'string' ? [orderBy] : orderBy }),
    ...defined(more),
  }),
  check: checkCopy,
});

/** Without the fields that aren't there, which the history has no use for. */
const defined = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
