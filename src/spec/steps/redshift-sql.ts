import { z } from 'zod';
import { query, warehouse } from './fields.ts';
import { kindSpec } from './kind.ts';

export const redshiftSql = kindSpec('redshiftSql', {
  schema: z
    .strictObject({ warehouse: warehouse(), query: query() })
    .meta({ description: 'SQL statements in Redshift, as one transaction.' }),
  connection: 'warehouse',
  texts: { query: 'sql' },
  build: ({ warehouse: own, query: text }, build) => ({
    warehouse: build.connection('warehouse', own),
    query: build.text(text),
  }),
});
