import type { PlannedRead, ReadFault } from '../../ports.ts';
import { roleClause } from './copy.ts';
import { text } from './names.ts';

/**
 * A COPY that always fails: it asks for a manifest that isn't there. How it fails tells whether the role can be
 * assumed, whether the bucket is there, and whether it is in that region; nothing is loaded, and nothing stays.
 */
export function readProbe(
  { path, iamRole, region }: Omit<PlannedRead, 'iamRole'> & { iamRole: string | undefined },
  unique: string,
): string[] {
  const bucket = /^s3:\/\/[^/]+/.exec(path)?.[0] ?? path;
  const manifest = `${bucket}/_millrace/manifests/preflight-${unique}`;
  const where = region === undefined ? '' : ` REGION ${text(region)}`;
  return [
    'CREATE TEMP TABLE millrace_preflight (line varchar(1))',
    `COPY millrace_preflight FROM ${text(manifest)} ${roleClause(iamRole)} FORMAT AS CSV MANIFEST${where}`,
  ];
}

const WORDS: readonly [RegExp, ReadFault['code']][] = [
  [/NoSuchBucket|bucket does not exist/i, 'bucket'],
  [/PermanentRedirect|Status 301|specified endpoint|region/i, 'region'],
];

/** What the probe's failure means; undefined where only the file was missing, as it should be. */
export function whatStopped(message: string): ReadFault | undefined {
  const found = WORDS.find(([pattern]) => pattern.test(message));
  if (found) return { code: found[1], isDoubtful: false, message };
  if (/NoSuchKey|key does not exist|Status 404/i.test(message)) return undefined;
  // To who may not list a bucket S3 says of what isn't there that it is forbidden.
  return { code: 'role', isDoubtful: /AccessDenied|Access Denied|Status 403/i.test(message), message };
}
