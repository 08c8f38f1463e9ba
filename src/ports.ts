import type { Definition, Json } from './domain/definition.ts';
import type { EtlError, LoadError } from './domain/failure.ts';
import type { JobKind, JobSpec } from './domain/job.ts';
import type { RunLook } from './domain/new-data.ts';
import type { PipelineInput, RunResult } from './domain/run.ts';
import type { RunRecord, RunSummary } from './domain/run-record.ts';
import type { WorkStatus } from './domain/state.ts';
import type {
  BatchResult,
  LoadFault,
  Once,
  OncePlan,
  PlannedLoad,
  PlannedRead,
  PublishPlan,
  PublishRequest,
  ReadFault,
  StatementBatch,
  UnloadRequest,
  WarehouseLook,
} from './domain/statements.ts';

export type * from './domain/job.ts';
export type * from './domain/statements.ts';

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
  /** The engine tells of the end by itself, so that it is asked seldom. */
  pushed?: boolean;
  /** A person named it (`adopt`), so it may have been submitted under another key. */
  adopted?: boolean;
}

/** A ref, and whether the work had been there before the call. */
export interface Submission extends WorkRef {
  found: boolean;
}

export interface WorkState {
  status: WorkStatus;
  /** Why it failed, in the vendor's words: one or a few lines. */
  message?: string;
  /**
   * The failure is not the work's own. `rolledBack`: nothing happened, so the same may be tried again (a serialization
   * conflict). `unclear`: it may have happened (the connection broke), so somebody has to look.
   */
  transient?: 'rolledBack' | 'unclear';
  /** Which statement of a batch failed, counted from 0. */
  statement?: number;
  /** The last lines of the log, for a failure. At most 4 KB. */
  logTail?: string;
  /** How far it is, in words, for the heartbeat. */
  progress?: string;
  /** The page that shows the work to a person, where the vendor has none before it runs: in place of the ref's. */
  url?: string;
}

/** Remote work that is started, watched and stopped. Every call may be repeated. */
export interface RemoteWork<Spec> {
  /** Starts the work, or finds the one that was started under `key`; what `isNew` was never asked for, and need not be looked up. */
  submit(spec: Spec, key: string, isNew?: boolean): Promise<Submission>;
  find(key: string): Promise<WorkRef | undefined>;
  /**
   * The states of many, in as few requests as the vendor allows. A ref that is missing in the answer is lost; one whose
   * state cannot be read has its own error, which leaves the others alone.
   */
  poll(refs: readonly WorkRef[]): Promise<ReadonlyMap<WorkRef['id'], WorkState | EtlError>>;
  /** Resolves once the work is stopped or had ended by itself. */
  cancel(ref: WorkRef): Promise<void>;
  /** Calls `wake` when the work may have ended, earlier than a poll would tell; returns how to stop watching. */
  watch?(ref: WorkRef, wake: () => void): () => void;
  /** How long a key is remembered. */
  readonly keyMemoryMs: number;
  /** How long after a lost answer a look-up can be trusted. */
  readonly lookAfterMs: number;
}

/** What a job that is done leaves besides its files. */
export interface JobOutcome {
  /** Of a `shell`. */
  exitCode?: number;
  /** Of a `shell`: the JSON object that it wrote. */
  values?: Record<string, Json>;
  /** Of a `chain`, in its order. */
  commands?: { ref: string; state: WorkStatus }[];
}

export interface ClusterSpec {
  /** When to end the cluster: never, when it idles, or always if this run launched it. */
  release: 'keep' | 'whenIdle' | 'always';
}

export interface ClusterRef {
  id: string;
  /** Whether jobs can be submitted now. */
  ready: boolean;
  /** Whether this call, or one before it in the same step, launched or started the cluster. */
  started: boolean;
  /** Where it stands, in the vendor's words. */
  state?: string;
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

/** Where jobs run: DuckDB, Qubole, Livy, Spark, EMR. */
export interface JobEngine extends RemoteWork<JobSpec> {
  /** The kinds of job that it takes; any other is `Rejected`. */
  readonly kinds: readonly JobKind[];
  /**
   * Starts the cluster if need be, and tells whether it is ready: called again and again until it is. `before` is what
   * the call before it said. A cluster that can't come up is `JobFailed`. `{ id: 'none' }` where there is none to wait for.
   */
  ensureCluster(spec: ClusterSpec, key: string, before?: ClusterRef): Promise<ClusterRef>;
  /** Ends a cluster that `ensureCluster` started, unless it is gone already. Missing where there is none to end. */
  releaseCluster?(id: string): Promise<void>;
  /** What a job that is done leaves besides its files. Missing where no kind of job leaves anything. */
  outcome?(ref: WorkRef, kind: JobKind): Promise<JobOutcome>;
  logs(ref: WorkRef, from?: string): Promise<LogPage>;
  /** All jobs that carry one of our keys, newest first. */
  listKeyed(since: Date): AsyncIterable<KeyedJob>;
  /** Cancels what runs under this engine on this machine, where stopping the worker should stop it too. */
  close?(): Promise<void>;
}

/** A database that takes SQL over an API. */
export interface Warehouse extends RemoteWork<StatementBatch> {
  /** @param rows how many of the last query's rows to bring along; 0 spares the request for them */
  result(ref: WorkRef, rows?: number): Promise<BatchResult>;
  /** The SQL that publishes files exactly once. Looks at the target; `PublishFailed` if it doesn't fit the files. */
  publishPlan(request: PublishRequest): Promise<PublishPlan>;
  /** The same for SQL of the user's own. Makes the ledger where there is none. */
  oncePlan(batch: StatementBatch, once: Once): Promise<OncePlan>;
  /** The statement that writes the rows of a query to files. */
  unload(request: UnloadRequest): string;
  /** The lines at which a load failed, or which it left out. At most `limit`. */
  loadErrors(ref: WorkRef, limit: number): Promise<LoadError[]>;
  /** For each load what would stop it, by the catalog alone: a request or two, whatever is asked. */
  check(loads: readonly PlannedLoad[]): Promise<LoadFault[][]>;
  /** Privileges and slices; never waits long. */
  look(tables: readonly string[]): Promise<WarehouseLook>;
  /** Why the warehouse may be unable to read a bucket; undefined where it can. Asks for a file that isn't there. */
  readFault(read: PlannedRead): Promise<ReadFault | undefined>;
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
  /** `end` is not included. */
  read(path: string, range?: { start: number; end: number }): Promise<Uint8Array>;
  readStream(path: string): Promise<AsyncIterable<Uint8Array>>;
  /** Writes the whole file at once: a reader sees the old content or the new. */
  write(path: string, content: string | Uint8Array): Promise<{ bytes: number }>;
  /** The same, unless there is a file already: then it stays, and the answer is false. Of many at once one succeeds. */
  create(path: string, content: string | Uint8Array): Promise<boolean>;
  /** Gives a file another name, replacing what had it in one step; false if there is no such file (any more). */
  move(from: string, to: string): Promise<boolean>;
  delete(path: string): Promise<void>;
}

/** Tells somebody. `id` stays the same when the same message is sent again. */
export interface Notifier {
  notify(message: {
    id: string;
    text: string;
    /** Where the receiver has a line for it; else one of its own making. */
    subject?: string;
    context: Record<string, unknown>;
  }): Promise<{ status: number } | { messageId: string }>;
}

export interface DataPipelineInstance {
  id: string;
  name: string;
  status: string;
  /** ISO, UTC, whole seconds: when it was activated, or the interval of a schedule that it is for. */
  scheduledAt: string;
  error?: string;
  /** Where its log is. */
  log?: string;
}

/** AWS Data Pipeline, as far as handing over to it and from it goes. */
export interface DataPipelines {
  /** The ID of the pipeline of that name; `Rejected` if there is none, or more than one. */
  resolve(name: string): Promise<string>;
  /**
   * Sends one activation. Never call it again after an answer that was lost: look for new instances instead. `startAt`
   * (ISO) is where a scheduled pipeline begins.
   */
  activate(pipelineId: string, params: Record<string, string>, startAt?: string): Promise<void>;
  /** Cancels what runs of it. May be repeated. */
  deactivate(pipelineId: string): Promise<void>;
  isDeactivating(pipelineId: string): Promise<boolean>;
  /** The values of the parameters in the last activation. */
  activeParams(pipelineId: string): Promise<Record<string, string>>;
  /** The pipeline's instances, newest last: those scheduled at `since` (ISO) or later, without those of `except`. */
  instances(
    pipelineId: string,
    which?: { since?: string; except?: ReadonlySet<string> },
  ): Promise<DataPipelineInstance[]>;
}

/** What a folder or file holds, read from what was written. */
export interface Measure {
  rows: number;
  files: number;
  bytes: number;
}

/** Where definitions come from. */
export interface PipelineSource {
  /** `Rejected` when there is none of that name, or when its file is wrong. */
  load(name: string): Promise<Definition>;
}

export interface OpenedRun {
  workflowId: string;
  runId: string;
  /** Whether the caller's request started it. */
  started: boolean;
}

/** Runs as Temporal has them: to start one, or to join the one that is open. */
export interface Runs {
  /** Starts `<name>/<interval>` or finds it open. `by` names the caller, so that a repeated call knows its own. */
  open(workflowId: string, input: PipelineInput & { interval: string }, by: string): Promise<OpenedRun>;
  /** Resolves when the run ends; rejects with its failure. `signal` ends the wait, and the request that it holds. */
  result(run: { workflowId: string; runId?: string }, signal?: AbortSignal): Promise<RunResult>;
  cancel(run: { workflowId: string; runId: string }): Promise<void>;
  /** Where the newest run stands, by Temporal or by its record; undefined if there was none. */
  look(workflowId: string): Promise<RunLook | undefined>;
  /** What an execution of that workflow ID came to that was started under `key` and is done; undefined without one. */
  doneUnder(workflowId: string, key: string): Promise<unknown>;
  /** Resolves when the workflow has ended, in whatever way. */
  ended(workflowId: string, signal?: AbortSignal): Promise<void>;
}

/** Where runs wait for the end of another run, without asking again and again. */
export interface Rendezvous {
  /** Says whether that run is done; if not, the workflow `waiter` gets the signal `otherEnded` whenever it ends. */
  meet(other: string, waiter: string): Promise<boolean>;
  /** Tells those who wait how a run ended; its record has to be written before. */
  announce(workflowId: string, status: RunRecord['status']): Promise<void>;
}

/** What stays known of runs when Temporal has forgotten them. A run that was terminated leaves no record. */
export interface RunRecords {
  /** Written once when a run ends; the same again changes nothing. */
  write(record: RunRecord): Promise<void>;
  /** The newest run of the interval, by its start. */
  read(pipeline: string, interval: string): Promise<RunRecord | undefined>;
  /** The runs of a pipeline, or of all, newest first; `since` is about their start. Opens no record. */
  list(pipeline: string | undefined, options?: { since?: Date }): Promise<RunSummary[]>;
}
