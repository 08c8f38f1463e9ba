import { tableExists, tableOf } from '../database/database.ts';
import { clusterOf, redshiftDatabase } from '../database/redshift.ts';
import { splitSql } from '../database/split-sql.ts';
import { asFolder } from '../services/s3.ts';
import type { ActivityWork, BoundObject } from '../types/type.ts';
import { activity } from './activity.ts';
import { formatOf } from './record-format.ts';

const MODES = ['KEEP_EXISTING', 'OVERWRITE_EXISTING', 'TRUNCATE', 'APPEND'];

/**
 * Loads from S3 into Redshift by way of a staging table, or unloads from it, through the Redshift Data API.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-redshiftcopyactivity.html
 */
export const redshiftCopyActivity = activity({
  required: ['input', 'output', 'insertMode'],
  optional: ['commandOptions', 'transformSql', 'queue'],
  data: true,
  errors: ({ fields }) => {
    const mode = fields.find(({ key }) => key === 'insertMode')?.stringValue;
    return mode === undefined || mode.includes('#{') || MODES.includes(mode)
      ? []
      : [`INVALID_FIELD_VALUE: 'insertMode' is one of ${MODES.join(', ')}, not '${mode}'.`];
  },

  async run(work) {
    const [input, output] = [work.object.object('input'), work.object.object('output')];
    if (input?.type === 'S3DataNode' && output?.type === 'RedshiftDataNode') return load(work, input, output);
    if (input?.type === 'RedshiftDataNode' && output?.type === 'S3DataNode')
      return unload(work, input, output);
    throw new Error(
      `RedshiftCopyActivity copies here between an S3DataNode and a RedshiftDataNode, not from ${input?.type} to ${output?.type}`,
    );
  },
});

/** The role must look right; the stand-in for Redshift doesn't use it. */
const iamRole = ({ object }: ActivityWork) =>
  `iam_role 'arn:aws:iam::000000000000:role/${object.text('role') ?? 'DataPipelineDefaultRole'}'`;

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

async function load(work: ActivityWork, input: BoundObject, output: BoundObject): Promise<void> {
  const { object, services, signal } = work;
  const target = output.object('database');
  if (target === undefined) throw new Error(`${output.id} refers to no database`);
  const cluster = clusterOf(target);
  const table = tableOf(output);
  const create = output.text('createTableSql');
  if (create !== undefined) {
    const exists = await tableExists(output, redshiftDatabase(target, services.redshift), signal);
    if (!exists) await services.redshift.transaction(cluster, splitSql(create), signal);
  }
  const transform = object.text('transformSql');
  const source = transform === undefined ? 'staging' : 'transformed';
  const statements = [
    `create temp table staging (like ${table})`,
    `copy staging from ${quoted(placeOf(input))} ${iamRole(work)} ${copyOptions(object, input).join(' ')}`,
    ...(transform === undefined
      ? []
      : [`create temp table transformed as ${transform.replace(/;\s*$/, '')}`]),
    ...insertion(object.text('insertMode') ?? '', table, source, keysOf(output)),
    ...(transform === undefined ? [] : ['drop table transformed']),
    'drop table staging',
  ];
  await services.redshift.transaction(cluster, statements, signal);
}

/** Where COPY reads: a manifest, a file or a folder. */
const placeOf = (node: BoundObject): string =>
  node.text('manifestFilePath') ?? node.text('filePath') ?? asFolder(node.text('directoryPath') ?? '');

function copyOptions(object: BoundObject, input: BoundObject): string[] {
  const format = input.object('dataFormat');
  const manifest = input.text('manifestFilePath') === undefined ? [] : ['manifest'];
  // With a data format the parameters are ignored, as on AWS.
  if (format === undefined) return [...manifest, ...object.texts('commandOptions')];
  const { separator = ',' } = formatOf(input) ?? {};
  const how =
    format.type === 'CSV' ? 'csv' : `delimiter ${separator === '\t' ? String.raw`'\t'` : quoted(separator)}`;
  const gzip = input.text('compression')?.toLowerCase() === 'gzip' ? ['gzip'] : [];
  return [...manifest, how, ...gzip];
}

const keysOf = (node: BoundObject): string[] =>
  node.texts('primaryKeys').flatMap((text) => text.split(',').map((key) => key.trim()));

function insertion(mode: string, table: string, source: string, keys: string[]): string[] {
  const all = `insert into ${table} select * from ${source}`;
  if (mode === 'APPEND') return [all];
  // TRUNCATE itself would commit what was done before it.
  if (mode === 'TRUNCATE') return [`delete from ${table}`, all];
  if (keys.length === 0) {
    throw new Error(`${mode} needs keys, and this stand-in can't read them from ${table}: give primaryKeys`);
  }
  const same = keys.map((key) => `${source}.${key} = ${table}.${key}`).join(' and ');
  if (mode === 'KEEP_EXISTING') return [`${all} where not exists (select 1 from ${table} where ${same})`];
  return [`delete from ${table} using ${source} where ${same}`, all];
}

async function unload(work: ActivityWork, input: BoundObject, output: BoundObject): Promise<void> {
  const { object, services, signal } = work;
  const database = input.object('database');
  if (database === undefined) throw new Error(`${input.id} refers to no database`);
  const query = quoted(`select * from ${tableOf(input)}`);
  const options = object.texts('commandOptions').join(' ');
  const sql = `unload (${query}) to ${quoted(placeOf(output))} ${iamRole(work)} ${options}`;
  await services.redshift.run(clusterOf(database), sql, [], signal);
}
