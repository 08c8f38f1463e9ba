import type { WorkStatus } from './domain/state.ts';

/*
 * The interfaces that a vendor implements. Every call may be repeated; failures are `EtlError`s; nothing here
 * retries by itself, because Temporal is the only retrier.
 */

/** The engine's own handle on a piece of work: small, JSON, safe in a history. */
export interface WorkRef {
  id: string;
  /** The key that the work was submitted under. */
  key: string;
  /** The page that shows the work to a person. */
  url?: string;
  /** Where the log is: a path or a URL. */
  log?: string;
}

/** A ref, and whether the work had been there before the call. */
export interface Submission extends WorkRef {
  found: boolean;
}

export interface WorkState {
  status: WorkStatus;
  /** Why it failed, in the vendor's words: one or a few lines. */
  message?: string;
  /** The failure helps nothing but to try the same again: a serialization conflict, a restart. */
  transient?: boolean;
  /** The last lines of the log, for a failure. At most 4 KB. */
  logTail?: string;
  /** How far it is, in words, for the heartbeat. */
  progress?: string;
}

/** Remote work that is started, watched and stopped. Every call may be repeated. */
export interface RemoteWork<Spec> {
  /** Starts the work, or finds the one that was started under `key`. */
  submit(spec: Spec, key: string): Promise<Submission>;
  find(key: string): Promise<WorkRef | undefined>;
  /** The states of many, in as few requests as the vendor allows. A ref that is missing in the answer is lost. */
  poll(refs: readonly WorkRef[]): Promise<ReadonlyMap<WorkRef['id'], WorkState>>;
  /** Resolves once the work is stopped or had ended by itself. */
  cancel(ref: WorkRef): Promise<void>;
  /** Calls `wake` when the work may have ended, earlier than a poll would tell; returns how to stop watching. */
  watch?(ref: WorkRef, wake: () => void): () => void;
  /** How long a key is remembered. */
  readonly keyMemoryMs: number;
  /** How long after a lost answer a look-up can be trusted. */
  readonly lookAfterMs: number;
}

export type FileFormat = 'parquet' | 'csv' | 'json';

/** Files in one place: an `s3://` or local path, a folder (ending in `/`), a file, or a glob. */
export interface FileSet {
  path: string;
  format: FileFormat;
}

/** One SELECT over declared inputs, whose rows the engine writes to `output` (a folder). */
export interface SqlSpec {
  kind: 'sql';
  inputs: Record<string, FileSet>;
  query: string;
  output: FileSet;
}

export type JobSpec = SqlSpec;

export interface ClusterSpec {
  /** When to end the cluster: never, when it idles, or always if this run launched it. */
  release: 'keep' | 'whenIdle' | 'always';
}

export interface ClusterRef {
  id: string;
  /** Whether this call, or one before it in the same step, started the cluster. */
  started: boolean;
}

export interface LogPage {
  lines: string[];
  /** Pass it to get what came since. */
  next: string;
}

export interface KeyedJob {
  key: string;
  ref: WorkRef;
  status: WorkStatus;
  startedAt: Date;
}

/** Where jobs run: DuckDB, and later Qubole, Livy, Spark, EMR. */
export interface JobEngine extends RemoteWork<JobSpec> {
  /** Starts the cluster if need be. `undefined` until it is ready; `{ id: 'none' }` where there is none to wait for. */
  ensureCluster(spec: ClusterSpec): Promise<ClusterRef | undefined>;
  logs(ref: WorkRef, from?: string): Promise<LogPage>;
  /** All jobs that carry one of our keys, newest first. */
  listKeyed(since: Date): AsyncIterable<KeyedJob>;
  /** Cancels what runs under this engine on this machine, where stopping the worker should stop it too. */
  close?(): Promise<void>;
}

/** SQL statements that run as one transaction, in order. */
export interface StatementBatch {
  statements: string[];
}

export type Row = Record<string, string | number | boolean | null>;

/** What a finished batch says of its statements. */
export interface BatchResult {
  /** Rows that the statements changed, in all. */
  rowsAffected: number;
  /** The first row of the last statement that returned rows, or null. */
  row: Row | null;
}

/** Which statement of a batch failed, counted from 0. */
export interface StatementFailure {
  index: number;
  message: string;
}

/** A database that takes SQL over an API. */
export interface Warehouse extends RemoteWork<StatementBatch> {
  result(ref: WorkRef): Promise<BatchResult>;
  failure(ref: WorkRef): Promise<StatementFailure | undefined>;
  /** The role that COPY reads with, for the `IAM_ROLE` clause; undefined means the cluster's default. */
  readonly iamRole: string | undefined;
}

export interface StoredFile {
  /** The whole path: `s3://bucket/key` or an absolute local path. */
  path: string;
  bytes: number;
  /** Changes when the content does. */
  etag: string;
}

/** Where files are: S3, and local folders. */
export interface ObjectStore {
  /** The files below a folder, under a glob, or the one file; hidden ones (`_x`, `.x`) are left out. */
  list(path: string): Promise<StoredFile[]>;
  read(path: string, range?: { start: number; end: number }): Promise<Uint8Array>;
  readStream(path: string): Promise<AsyncIterable<Uint8Array>>;
  /** Writes the whole file at once: a reader sees the old content or the new. */
  write(path: string, content: string | Uint8Array): Promise<{ bytes: number }>;
  delete(path: string): Promise<void>;
}

/** Tells somebody. `id` stays the same when the same message is sent again. */
export interface Notifier {
  notify(message: { id: string; text: string; context: Record<string, unknown> }): Promise<{ status: number }>;
}

export interface DataPipelineInstance {
  id: string;
  name: string;
  status: string;
  error?: string;
}

/** AWS Data Pipeline, as far as handing over to it goes. */
export interface DataPipelines {
  /** The ID of the pipeline of that name; `Rejected` if there is none, or more than one. */
  resolve(name: string): Promise<string>;
  /** Sends one activation. Never call it again after an answer that was lost: look for new instances instead. */
  activate(pipelineId: string, params: Record<string, string>): Promise<void>;
  /** The pipeline's instances, newest last. */
  instances(pipelineId: string): Promise<DataPipelineInstance[]>;
}
