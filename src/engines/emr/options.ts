import type { EMRClient, RunJobFlowCommandInput } from '@aws-sdk/client-emr';
import type { ObjectStore } from '../../ports.ts';

export interface EmrOptions {
  /** As millrace.yaml names the engine; for errors. */
  name: string;
  client: EMRClient;
  store: ObjectStore;
  /** An ID (`j-…`), or a name. */
  cluster: string;
  /** How to launch a cluster of that name where none is up, in the words of RunJobFlow. */
  launch?: Omit<RunJobFlowCommandInput, 'Name'>;
  /** After which idle time a cluster ends where a run says `release: whenIdle`, or `always`. 60 s to 7 days. */
  idleTimeoutMs: number;
  /** A folder in S3 for what jobs are made of, and what shell jobs leave. */
  staging: string;
  requestTimeoutMs: number;
}
