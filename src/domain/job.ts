/* What can be run on an engine. Templates are rendered here; files are named by URLs. */

export type FileFormat = 'parquet' | 'csv' | 'json' | 'orc';

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

/** HiveQL, or a script of it that is stored at a URL. */
export type HiveSpec = { kind: 'hive'; hiveVersion?: string; output?: FileSet } & QueryOrScript;

/** Presto SQL, or a script of it that is stored at a URL. */
export type PrestoSpec = { kind: 'presto'; output?: FileSet } & QueryOrScript;

export type QueryOrScript = { query: string } | { script: string };

/** A Spark application. */
export interface SparkSpec {
  kind: 'spark';
  app: SparkApp;
  /** For the application. */
  arguments: string[];
  /** Spark's own properties. */
  conf: Record<string, string>;
  /** Further options of `spark-submit`, word by word. */
  options: string[];
  output?: FileSet;
}

/** What a Spark application consists of. Files are named by URLs that the engine can read. */
export type SparkApp =
  | { form: 'sql'; sql: string }
  | { form: 'program'; program: string; language: 'python' | 'scala' | 'R' }
  | { form: 'python'; python: string }
  | { form: 'jar'; jar: string; mainClass: string }
  | { form: 'cmdline'; cmdline: string };

/** A shell script. Values come by `env`; what it writes to the file `$MILLRACE_OUTPUT`, a JSON object, is its result. */
export interface ShellSpec {
  kind: 'shell';
  script: string;
  env: Record<string, string>;
}

/** An export out of Hive or S3 into a database that the engine knows. */
export interface DbExportSpec {
  kind: 'dbExport';
  /** The engine's own number of the database. */
  dbTapId: string;
  table: string;
  from: { hiveTable: string; partition?: string } | { folder: string; delimiter?: string };
  /** How rows that are there already are treated: known by these columns, or by the primary key. Unless said, all are added. */
  update?: { mode: 'updateonly'; keys: string[] } | { mode: 'allowinsert' };
}

/** What can stand in a chain. */
export type CommandSpec = HiveSpec | PrestoSpec | SparkSpec | ShellSpec | DbExportSpec;

/** Several commands that the engine itself runs in order, as one job. */
export interface ChainSpec {
  kind: 'chain';
  commands: CommandSpec[];
  /** The engine tells us of the end, so that it is asked seldom. */
  push: boolean;
}

export type JobSpec = SqlSpec | CommandSpec | ChainSpec;

export type JobKind = JobSpec['kind'];
