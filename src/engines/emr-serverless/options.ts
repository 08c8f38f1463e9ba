import type { EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import type { ObjectStore } from '../../ports.ts';

export interface EmrServerlessOptions {
  client: EMRServerlessClient;
  store: ObjectStore;
  /** The application's ID. */
  application: string;
  /** The ARN of the role that jobs run as. */
  executionRole: string;
  /** A folder in S3 for what jobs are made of, and Hive's scratch and warehouse. */
  staging: string;
  /** A folder in S3. */
  logUri: string;
  /** Spark's properties for every job. */
  conf: Record<string, string>;
  /** A link that opens a job's UI to whoever has it, for an hour, is kept with the job. */
  dashboards: boolean;
  requestTimeoutMs: number;
}
