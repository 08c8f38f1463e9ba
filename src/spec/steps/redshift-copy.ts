import { z } from 'zod';
import { filled } from '../fields.ts';
import type { Problem } from '../problem.ts';
import { isRawMap } from '../raw-map.ts';
import { column, fileSetTemplate, table, warehouse } from './fields.ts';
import { kindSpec, type KindCheck } from './kind.ts';

export const redshiftCopy = kindSpec('redshiftCopy', {
  schema: z
    .strictObject({
      warehouse: warehouse(),
      from: fileSetTemplate(),
      table: table().meta({ description: 'The table, with its schema.', examples: ['public.orders'] }),
      mode: z.enum(['upsert', 'replaceWhere']).meta({
        description:
          'upsert replaces the rows of the same uniqueKey, replaceWhere all rows for which where is true.',
      }),
      uniqueKey: z
        .array(column())
        .min(1)
        .optional()
        .meta({
          description: 'For upsert: the columns that tell rows apart.',
          examples: ['[day, origin]'],
        }),
      where: filled()
        .optional()
        .meta({ description: 'For replaceWhere: SQL.', examples: ['day = ${interval.date}'] }),
    })
    .meta({ description: 'Publishes files into a Redshift table, exactly once.' }),
  connection: 'warehouse',
  texts: { from: 'fileSet', mode: 'plain', uniqueKey: 'plain', 'uniqueKey.*': 'plain', where: 'sql' },
  build: ({ warehouse: own, from, table: target, mode, uniqueKey, where }, build) => ({
    warehouse: build.connection('warehouse', own),
    from,
    table: target,
    mode,
    ...(uniqueKey && { uniqueKey }),
    ...(where !== undefined && { where }),
  }),
  check: (check) => [...checkMode(check), ...checkSource(check)],
});

function checkMode({ source, step: { path, fields } }: KindCheck): Problem[] {
  const copy = fields['redshiftCopy'];
  if (!isRawMap(copy)) return [];
  const at = [...path, 'redshiftCopy'];
  const needed = { upsert: 'uniqueKey', replaceWhere: 'where' } as const;
  const mode = copy['mode'];
  if (mode !== 'upsert' && mode !== 'replaceWhere') return [];
  const name = needed[mode];
  const other = mode === 'upsert' ? 'where' : 'uniqueKey';
  const problems: Problem[] = [];
  if (copy[name] === undefined) {
    const like = mode === 'upsert' ? '[day, origin]' : 'day = ${interval.date}';
    const fix = `add ${name}, like ${name}: ${like}`;
    problems.push({ ...source.place(at), code: 'missing-field', message: `${mode} needs ${name}`, fix });
  }
  if (copy[other] !== undefined) {
    const message = `${mode} has no use for ${other}`;
    const fix = `leave it out, or take another mode`;
    problems.push({ ...source.placeOfKey([...at, other]), code: 'conflicting-fields', message, fix });
  }
  return problems;
}

/** COPY reads Parquet from S3, which can be told of files that are named here or are another step's output. */
function checkSource({ source, step: { path, fields }, steps }: KindCheck): Problem[] {
  const copy = fields['redshiftCopy'];
  const from = isRawMap(copy) ? copy['from'] : undefined;
  const [, id] = /^\$\{\s*steps\.(\w+)\.output\s*\}$/.exec(typeof from === 'string' ? from : '') ?? [];
  const sql = steps.find((other) => id !== undefined && other.id === id)?.fields['sql'];
  const files = id === undefined ? from : isRawMap(sql) ? sql['output'] : undefined;
  if (!isRawMap(files)) return [];
  const place = source.place([...path, 'redshiftCopy', 'from']);
  const whose = id === undefined ? 'these files are' : `the output of ${id} is`;
  const problems: Problem[] = [];
  if (typeof files['format'] === 'string' && files['format'] !== 'parquet') {
    const message = `${whose} ${files['format']}, and COPY takes Parquet for now`;
    problems.push({ ...place, code: 'wrong-type', message, fix: 'write format: parquet' });
  }
  if (typeof files['path'] === 'string' && !/^(s3:\/\/|\$\{)/.test(files['path'])) {
    const message = `${whose} not in S3, and COPY reads nothing else`;
    const fix = 'write it to a path that begins with s3://';
    problems.push({ ...place, code: 'wrong-type', message, fix });
  }
  return problems;
}
