import { z } from 'zod';
import { filled } from '../fields.ts';
import type { Problem } from '../problem.ts';
import { isRawMap } from '../raw-map.ts';
import { columns, query, role, warehouse } from './fields.ts';
import { kindSpec, type KindCheck } from './kind.ts';

export const redshiftUnload = kindSpec('redshiftUnload', {
  schema: z
    .strictObject({
      warehouse: warehouse(),
      query: query(),
      to: filled().meta({
        description: 'A folder in S3; it belongs to the step.',
        examples: ['s3://lake/export/dt=${interval.date}/'],
      }),
      format: z
        .enum(['parquet', 'csv', 'json'])
        .optional()
        .meta({ description: 'parquet, if nothing is said.' }),
      partitionBy: columns().optional().meta({ description: 'Columns that become folders.' }),
      existing: z.enum(['replace', 'add', 'refuse']).optional().meta({
        description: 'What becomes of files in the folder: replace (the default) removes them first.',
      }),
      maxFileSizeMb: z.int().min(5).max(6_200).optional().meta({ description: 'In MB.' }),
      parallel: z.boolean().optional().meta({
        description: 'false: one file after the other, in the order of the query.',
      }),
      header: z
        .boolean()
        .optional()
        .meta({ description: 'For csv: a line of names; true, if nothing is said.' }),
      delimiter: filled().optional().meta({ description: 'For csv: one character.' }),
      compression: z.enum(['gzip', 'zstd', 'bzip2']).optional().meta({ description: 'For csv and json.' }),
      iamRole: role(),
    })
    .meta({ description: 'Writes the rows of a query to S3.' }),
  connection: 'warehouse',
  texts: {
    query: 'sql',
    format: 'plain',
    partitionBy: 'plain',
    'partitionBy.*': 'plain',
    existing: 'plain',
    delimiter: 'plain',
    compression: 'plain',
  },
  build: (
    { warehouse: own, query: text, to, format = 'parquet', existing = 'replace', parallel = true, ...more },
    build,
  ) => ({
    warehouse: build.connection('warehouse', own),
    query: build.text(text),
    to,
    format,
    existing,
    parallel,
    ...(more.partitionBy && { partitionBy: more.partitionBy }),
    ...(more.maxFileSizeMb !== undefined && { maxFileSizeMb: more.maxFileSizeMb }),
    ...(more.header !== undefined && { header: more.header }),
    ...(more.delimiter !== undefined && { delimiter: more.delimiter }),
    ...(more.compression && { compression: more.compression }),
    ...(more.iamRole !== undefined && { iamRole: more.iamRole }),
  }),
  check: checkUnload,
});

function checkUnload({ source, step: { path, fields } }: KindCheck): Problem[] {
  const args = fields['redshiftUnload'];
  if (!isRawMap(args)) return [];
  const problems: Problem[] = [];
  const to = args['to'];
  if (typeof to === 'string' && !/^(s3:\/\/[^/]+\/.*\/|\$\{.*\}.*|s3:\/\/.*\})$/.test(to)) {
    const fix = 'write s3://bucket/folder/';
    const message = `UNLOAD writes to a folder in S3, and to is ${to}`;
    problems.push({ ...source.place([...path, 'redshiftUnload', 'to']), code: 'wrong-type', message, fix });
  }
  const { format = 'parquet' } = args;
  for (const field of ['header', 'delimiter', 'compression']) {
    const fits = format === 'csv' || (field === 'compression' && format === 'json');
    if (args[field] === undefined || fits) continue;
    const message = `${String(format)} has no use for ${field}`;
    const place = source.placeOfKey([...path, 'redshiftUnload', field]);
    problems.push({ ...place, code: 'conflicting-fields', message, fix: 'leave it out' });
  }
  return problems;
}
