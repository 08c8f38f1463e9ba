import { tableExists, withDatabase } from '../database/database.ts';
import { asFolder } from '../services/s3.ts';
import type { ObjectType, ReferredWork } from './type.ts';

const data = (more: Partial<ObjectType>): ObjectType => ({
  role: 'data',
  required: [],
  oneOf: [],
  optional: [],
  refs: {},
  ...more,
});

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-s3datanode.html */
export const s3DataNode = data({
  oneOf: [['filePath', 'directoryPath', 'manifestFilePath']],
  optional: ['compression', 'dataFormat', 's3EncryptionType'],
  refs: { dataFormat: 'format' },
});

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-sqldatanode.html */
export const sqlDataNode = data({
  required: ['table', 'database'],
  optional: ['createTableSql', 'insertQuery', 'schemaName', 'selectQuery'],
  refs: { database: 'database' },
});

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-redshiftdatanode.html */
export const redshiftDataNode = data({
  required: ['tableName', 'database'],
  optional: ['createTableSql', 'primaryKeys', 'schemaName'],
  refs: { database: 'database' },
});

/** Whether the data of a node is there. */
export async function dataExists({ node, services, signal }: ReferredWork): Promise<boolean> {
  if (node.type !== 'S3DataNode')
    return withDatabase(node, services, (database) => tableExists(node, database, signal));
  const file = node.text('filePath') ?? node.text('manifestFilePath');
  if (file !== undefined) return services.s3.exists(file);
  return (await services.s3.list(asFolder(node.text('directoryPath') ?? ''), 1)).length > 0;
}
