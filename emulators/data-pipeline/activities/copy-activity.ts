import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { tableExists, tableOf, withDatabase } from '../database/database.ts';
import { asFolder, type S3 } from '../services/s3.ts';
import type { ActivityWork, BoundObject } from '../types/type.ts';
import { activity } from './activity.ts';
import { formatOf, readRecords, writeRecords, type RecordFormat } from './record-format.ts';

type Rows = (string | null)[][];

const CSV: RecordFormat = { separator: ',', end: '\n', escape: '\\', columns: [] };

/**
 * Copies between S3 and databases, record by record; from S3 to S3 in one format file by file.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-copyactivity.html
 */
export const copyActivity = activity({
  required: ['input', 'output'],
  data: true,

  async run(work) {
    const [input, output] = [work.object.object('input'), work.object.object('output')];
    if (input === undefined || output === undefined) throw new Error('a copy has one input and one output');
    const kinds = [input.type, output.type];
    for (const kind of kinds) {
      if (kind !== 'S3DataNode' && kind !== 'SqlDataNode')
        throw new Error(`CopyActivity takes an S3DataNode or a SqlDataNode, not a ${kind}`);
    }
    const isPlain = kinds.every((kind) => kind === 'S3DataNode');
    const isSame = input.object('dataFormat')?.id === output.object('dataFormat')?.id;
    if (isPlain && isSame) return copyFiles(work.services.s3, input, output);
    const rows = input.type === 'S3DataNode' ? await readFiles(work, input) : await readTable(work, input);
    await (output.type === 'S3DataNode' ? writeFile(work, output, rows) : writeTable(work, output, rows));
  },
});

/** The files of an S3 node by the URL that they have under the target. */
async function copyFiles(s3: S3, input: BoundObject, output: BoundObject): Promise<void> {
  const file = input.text('filePath');
  const toFile = output.text('filePath');
  if (file !== undefined) {
    await s3.copy(file, toFile ?? asFolder(output.text('directoryPath') ?? '') + path.posix.basename(file));
    return;
  }
  if (toFile !== undefined) throw new Error('a directory is not copied to a file; give both one data format');
  const from = asFolder(input.text('directoryPath') ?? '');
  const to = asFolder(output.text('directoryPath') ?? '');
  const urls = await s3.list(from);
  if (urls.length === 0) throw new Error(`there is nothing under ${from}`);
  for (const url of urls) await s3.copy(url, to + url.slice(from.length));
}

async function readFiles({ services: { s3 }, folder }: ActivityWork, node: BoundObject): Promise<Rows> {
  const file = node.text('filePath');
  const urls = file === undefined ? await s3.list(asFolder(node.text('directoryPath') ?? '')) : [file];
  const rows: Rows = [];
  for (const url of urls) {
    const local = path.join(folder, randomUUID());
    await s3.download(url, local);
    const bytes = await readFile(local);
    const text = (isGzip(node) ? gunzipSync(bytes) : bytes).toString('utf8');
    for (const row of readRecords(text, formatOf(node) ?? CSV)) rows.push(row);
  }
  return rows;
}

const isGzip = (node: BoundObject) => node.text('compression')?.toLowerCase() === 'gzip';

async function writeFile({ services: { s3 } }: ActivityWork, node: BoundObject, rows: Rows): Promise<void> {
  const url = node.text('filePath') ?? `${asFolder(node.text('directoryPath') ?? '')}${randomUUID()}.csv`;
  const text = writeRecords(rows, formatOf(node) ?? CSV);
  await s3.put(url, isGzip(node) ? gzipSync(text) : text);
}

const readTable = ({ services, signal }: ActivityWork, node: BoundObject): Promise<Rows> =>
  withDatabase(node, services, (database) =>
    database.select(node.text('selectQuery') ?? `select * from ${tableOf(node)}`, signal),
  );

const writeTable = ({ services, signal }: ActivityWork, node: BoundObject, rows: Rows): Promise<void> =>
  withDatabase(node, services, async (database) => {
    const create = node.text('createTableSql');
    if (create !== undefined && !(await tableExists(node, database, signal)))
      await database.run(create, [], signal);
    const marks = Array.from({ length: rows[0]?.length ?? 0 }, () => '?').join(', ');
    const insert = node.text('insertQuery') ?? `insert into ${tableOf(node)} values (${marks})`;
    await database.insert(insert, rows, signal);
  });
