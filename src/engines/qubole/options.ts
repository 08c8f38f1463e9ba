import type { SQSClient } from '@aws-sdk/client-sqs';
import type { ObjectStore } from '../../ports.ts';

/** What every command of an engine carries. */
export interface CommandDefaults {
  /** The label or id of the cluster; QDS takes the account's default one without. */
  cluster?: string;
  tags: string[];
  /** Of the cluster's fair scheduler. */
  pool?: string;
  /** Expressions of QDS's own, by name: `$name$` in a statement. */
  macros: Record<string, string>;
}

export interface QuboleOptions extends CommandDefaults {
  /** As in the configuration; named in errors. */
  name: string;
  /** Such as `https://api.qubole.com/api/`. */
  url: string;
  version: 'v1.2' | 'latest';
  /** The API token; asked late, and `anew` after it was refused. */
  token(anew?: boolean): Promise<string>;
  /** What `release: whenIdle` sets, in hours; the cluster's own without. */
  idleHours?: number;
  /** Where the last command of a chain with `push` tells of the end. */
  push?: { queue: string; sqs: SQSClient };
  /** For results that QDS left in S3. */
  store: ObjectStore;
  requestTimeoutMs: number;
}
