import type { UnloadRequest } from './statements.ts';
import type { CopyOptions, PublishMode } from '../ports.ts';
import type {
  CommandSpec,
  DbExportSpec,
  FileSet,
  HiveSpec,
  PrestoSpec,
  ShellSpec,
  SparkSpec,
} from './job.ts';
import type { EventSource } from './event-source.ts';
import type { ScheduleDefinition } from './schedule.ts';
import type { ParamDefinitions } from './params.ts';

/*
 * A pipeline as the loader hands it over: the file's defaults applied, the texts that it refers to read, durations
 * in milliseconds. Strings may still hold `${…}`; `query` and `where` are SQL, in which `${…}` is a value.
 */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A place with files, or `${steps.x.output}`, which stands for one. */
export type FileSetTemplate = FileSet | string;

/** A job as the file has it: its specification, with templates in it, and the engine that it is for. */
type JobArgs<Spec extends CommandSpec> = { engine: string; job: Spec };

/** What becomes of the instances of a Data Pipeline when the step that activated it is cancelled or late. */
export type OnCancel = 'leave' | 'deactivate';

/** What each kind of step takes. */
export interface StepArgs {
  ensureCluster: { engine: string; release: 'keep' | 'whenIdle' | 'always' };
  sql: { engine: string; inputs: Record<string, FileSetTemplate>; query: string; output: FileSet };
  hive: JobArgs<HiveSpec>;
  spark: JobArgs<SparkSpec>;
  presto: JobArgs<PrestoSpec>;
  dbExport: JobArgs<DbExportSpec>;
  shell: JobArgs<ShellSpec>;
  chain: { engine: string; commands: CommandSpec[]; push: boolean };
  redshiftCopy: {
    warehouse: string;
    from: FileSetTemplate;
    table: string;
    mode: PublishMode;
    uniqueKey?: string[];
    orderBy?: string[];
    where?: string;
    columns?: string[] | Record<string, string>;
    options?: CopyOptions;
    maxErrors?: number;
    createTable?: boolean;
    iamRole?: string;
  };
  redshiftUnload: { warehouse: string } & UnloadRequest;
  redshiftSql: {
    warehouse: string;
    query: string;
    parameters?: Record<string, Json>;
    /** Each statement on its own, at least once. */
    autoCommit?: boolean;
  };
  check: { warehouse: string; expectations: Expectation[] };
  activateDataPipeline: {
    id?: string;
    name?: string;
    params: Record<string, string>;
    startTime?: string;
    /** `leave` unless said. */
    onCancel?: OnCancel;
  };
  awaitDataPipeline: { id?: string; name?: string; params: Record<string, string>; activatedAfter?: string };
  waitForData: { path: string; marker?: string; count: number };
  putObject: { path: string; content: Json };
  notify: { webhook?: string; topic?: string; subject?: string; message: string };
  /** `interval` is that of the run unless said. */
  pipeline: { name: string; interval?: string; params?: Record<string, Json> };
}

/** A query, and what has to hold for its answer: an expression over the first row, or that there is no row. */
export interface Expectation {
  name?: string;
  query: string;
  parameters?: Record<string, Json>;
  expect?: string;
  severity: 'warn' | 'fail';
}

export type StepKind = keyof StepArgs;

export interface ForEach {
  list: string | Json[];
  /** How many run at once. */
  concurrency: number;
}

interface StepBase {
  id: string;
  /** The steps that come first; undefined means the list's order. */
  needs?: string[];
  /** A CEL expression; the step is skipped when it is false. */
  when?: string;
  /** Where `when` stands, as `FILE:LINE`, for its errors. */
  whenAt?: string;
  retry: { attempts: number; delayMs: number };
  /** Per attempt. */
  timeoutMs?: number;
  allowFailure: boolean;
  /** What to do when the engine lost the job: stop for `adopt` or `resubmit`, or submit it again. */
  onLost: 'ask' | 'resubmit';
  /** Runs the step once for each item of a list; a text is a template that comes to one. */
  forEach?: ForEach;
}

export type StepOf<K extends StepKind> = StepBase & { kind: K; args: StepArgs[K] };
export type StepDefinition = { [K in StepKind]: StepOf<K> }[StepKind];

export const COVERS = ['hour', 'day', 'week', 'month', 'tick'] as const;
export type Covers = (typeof COVERS)[number];

export interface Definition {
  name: string;
  /** The file that it was read from. */
  file: string;
  schedule?: ScheduleDefinition;
  /** Where new data starts a run. */
  events?: EventSource[];
  /** What an interval is, and in which zone it begins: the schedule's, else days in UTC. */
  covers: Covers;
  timezone: string;
  params: ParamDefinitions;
  /** The pipelines whose runs of the same interval have to be done first. */
  after?: string[];
  /** How long the steps may take, all together. */
  timeoutMs?: number;
  steps: StepDefinition[];
  /** After the steps, whatever they came to, also when the run is cancelled. */
  finally?: StepDefinition[];
  /** When nothing failed. */
  onSuccess?: StepDefinition[];
  /** Last, when something failed. */
  onFailure: StepDefinition[];
}
