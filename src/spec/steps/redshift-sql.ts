import { z } from 'zod';
import { refusedInTransaction } from '../../domain/sql-kind.ts';
import { splitStatements } from '../../domain/sql-template.ts';
import type { Problem } from '../problem.ts';
import { isRawMap } from '../raw-map.ts';
import { parameters, query, warehouse } from './fields.ts';
import { kindSpec, type KindCheck } from './kind.ts';

export const redshiftSql = kindSpec('redshiftSql', {
  schema: z
    .strictObject({
      warehouse: warehouse(),
      query: query(),
      parameters: parameters(),
      autoCommit: z.boolean().optional().meta({
        description: 'Each statement on its own, at least once; else all as one transaction, once.',
      }),
    })
    .meta({ description: 'SQL statements in Redshift, as one transaction.' }),
  connection: 'warehouse',
  texts: { query: 'sql' },
  build: ({ warehouse: own, query: text, parameters: values, autoCommit }, build) => ({
    warehouse: build.connection('warehouse', own),
    query: build.text(text),
    ...(values && { parameters: values }),
    ...(autoCommit !== undefined && { autoCommit }),
  }),
  check: checkTransaction,
});

/** What can't be a part of a transaction; of files the run says so. */
function checkTransaction({ source, step: { path, fields } }: KindCheck): Problem[] {
  const args = fields['redshiftSql'];
  if (!isRawMap(args) || args['autoCommit'] === true) return [];
  const text = args['query'];
  if (typeof text !== 'string') return [];
  return splitStatements(text).flatMap((statement): Problem[] => {
    const refused = refusedInTransaction(statement);
    if (refused === undefined) return [];
    const [message = '', fix] = refused.split('; ');
    const place = source.placeIn([...path, 'redshiftSql', 'query'], Math.max(0, text.indexOf(statement)));
    const otherwise = 'say autoCommit: true, by which each statement is on its own';
    return [
      {
        ...place,
        code: 'conflicting-fields',
        message,
        fix: fix === undefined ? otherwise : `${fix}, or ${otherwise}`,
      },
    ];
  });
}
