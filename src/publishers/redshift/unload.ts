import { EtlError } from '../../domain/failure.ts';
import type { UnloadRequest } from '../../ports.ts';
import { roleClause } from './copy.ts';
import { quoted, text } from './names.ts';

const EXISTING = { replace: 'CLEANPATH', add: 'ALLOWOVERWRITE', refuse: '' } as const;

/** UNLOAD of a query's rows. https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html */
export function unloadStatement(request: UnloadRequest, defaultRole: string | undefined): string {
  const { query, to, format, partitionBy = [], existing, maxFileSizeMb, parallel, iamRole } = request;
  if (!/^s3:\/\/[^/]+\/.+\/$/.test(to))
    throw new EtlError(
      'Rejected',
      `UNLOAD writes to a folder in S3, and \`to\` is ${to}; write s3://bucket/folder/`,
    );
  if (format === 'orc') throw new EtlError('Rejected', 'UNLOAD writes no ORC; take parquet, csv or json');
  const compression = request.compression?.toUpperCase() ?? '';
  const parts = [
    `UNLOAD (${text(query)}) TO ${text(to)}`,
    roleClause(iamRole ?? defaultRole),
    `FORMAT AS ${format.toUpperCase()}`,
    partitionBy.length === 0 ? '' : `PARTITION BY (${partitionBy.map(quoted).join(', ')})`,
    'MANIFEST VERBOSE',
    format === 'csv' && request.header !== false ? 'HEADER' : '',
    request.delimiter === undefined ? '' : `DELIMITER AS ${text(request.delimiter)}`,
    compression,
    EXISTING[existing],
    parallel ? '' : 'PARALLEL OFF',
    maxFileSizeMb === undefined ? '' : `MAXFILESIZE AS ${maxFileSizeMb} MB`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}
