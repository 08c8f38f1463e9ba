import { resolve } from 'node:path';
import { awsRequests } from './aws-requests.ts';
import type { Configuration, Environment } from './config.ts';
import { isS3Path } from './domain/file-path.ts';
import type { ObjectStore, RunRecords } from './ports.ts';
import { resolveReference } from './spec/load-config.ts';
import { createObjectStore } from './storage/object-store.ts';
import { createRunRecords } from './storage/run-records.ts';

/** One request of ours: shorter than the `startToCloseTimeout` of the activities that send it. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** How the AWS SDK's S3 client is to be made. */
export function s3Options(env: Environment) {
  const endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  // A server of one's own has no wildcard DNS for its buckets.
  return { ...awsRequests(REQUEST_TIMEOUT_MS), forcePathStyle: endpoint !== undefined };
}

/** The run records at the configured place; a local stack has a place of its own, by `MILLRACE_STATE`. */
export function openRunRecords(
  config: Configuration,
  env: Environment,
  store: ObjectStore = createObjectStore({ s3: s3Options(env) }),
): RunRecords {
  return createRunRecords(store, stateFolder(config, env));
}

/** Where what stays known is kept: `s3://…`, or an absolute folder. */
export function stateFolder(config: Configuration, env: Environment): string {
  const folder = env['MILLRACE_STATE'] ?? resolveReference(config.state, env, 'state');
  return isS3Path(folder) ? folder : resolve(config.folder, folder);
}
