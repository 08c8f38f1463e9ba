import { copyTail } from '../../domain/copy-options.ts';
import type { PublishRequest } from '../../ports.ts';
import { quoted, text } from './names.ts';

/** The role as COPY and UNLOAD want it; without one it is the warehouse's default role. */
export const roleClause = (iamRole: string | undefined): string =>
  `IAM_ROLE ${iamRole === undefined ? 'default' : text(iamRole)}`;

/** COPY of a manifest's files. https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html */
export function copyStatement(
  { format, manifest, options = {}, maxErrors, iamRole }: PublishRequest,
  stage: string,
  columns: readonly string[] | undefined,
  defaultRole: string | undefined,
): string {
  const list = columns === undefined ? '' : ` (${columns.map(quoted).join(', ')})`;
  const paths = typeof options['jsonPaths'] === 'string' ? options['jsonPaths'] : 'auto';
  const as = format === 'json' ? `JSON ${text(paths)}` : format.toUpperCase();
  // Our CSV files have a header, unless the pipeline says otherwise.
  const all = format === 'csv' ? { ignoreHeader: 1, ...options } : options;
  const parts = [
    `COPY ${stage}${list} FROM ${text(manifest)}`,
    roleClause(iamRole ?? defaultRole),
    `FORMAT AS ${as}`,
    'MANIFEST',
    copyTail(all, text),
    // COPY fails at the error that makes them as many as it says.
    maxErrors === undefined || maxErrors === 0 ? '' : `MAXERROR ${maxErrors + 1}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}
