import type { FileFormat } from './job.ts';

/* What is said to a warehouse, and what it says: statements, publications, unloads, tables. */

/** SQL statements that run as one transaction, in order. */
export interface StatementBatch {
  statements: string[];
}

export type Row = Record<string, string | number | boolean | null>;

/** What a finished statement of a batch did. */
export interface StatementResult {
  /** Rows that it changed, or returned. */
  rows: number;
  ms: number;
}

/** What a finished batch says of its statements. */
export interface BatchResult {
  /** Rows that the statements changed, in all. */
  rowsAffected: number;
  /** The first row of the last statement that returned rows, or null. */
  row: Row | null;
  /** The first rows of that statement, as many as were asked for; a sample of them in a history. */
  rows: Row[];
  /** How many rows that statement returned. */
  count: number;
  statements: StatementResult[];
}

/** A column of a data file: its name, and its type in neutral words (`int32`, `decimal(10,2)`, `timestamp`). */
export interface FileColumn {
  name: string;
  type: string;
}

/** What could be read of data files without reading their rows: of Parquet only. */
export interface FileContents {
  rows?: number;
  /** Those of all files; a file that differs is an error, but for COPY's `fillRecord`, by which it may lack the last of them. */
  columns?: FileColumn[];
}

export type PublishMode = 'append' | 'upsert' | 'replace' | 'replaceWhere';

/** COPY's own options, as the pipeline file has them: checked when it is loaded. */
export type CopyOptions = Record<string, string | number | boolean>;

/** What is to be loaded, where to, and by whom. */
export interface PublishRequest {
  /** `schema.table`; `public` where there is no schema. */
  table: string;
  mode: PublishMode;
  /** For `upsert`; else the table's primary key. */
  uniqueKey?: string[];
  /** For `upsert`: of rows with the same key the one that is the last by these columns wins. */
  orderBy?: string[];
  where?: string;
  format: FileFormat;
  /** The table's columns in the order of the files', or of a column of the table the files' own name for it. */
  columns?: string[] | Record<string, string>;
  options?: CopyOptions;
  /** How many rows COPY may leave out. */
  maxErrors?: number;
  /** Whether the table is made, by the files' columns, where it is missing. */
  createTable?: boolean;
  /** In place of the warehouse's. */
  iamRole?: string;
  /** The manifest that names the files. */
  manifest: string;
  manifestHash: string;
  contents: FileContents;
  /** `pipeline/step/interval`: what is published once. */
  unit: string;
  key: string;
  /** When the run's chain started, in ms: a newer run wins. */
  seq: number;
}

/** What makes a batch take effect once: a name for what it does, and who does it. */
export interface Once {
  /** What it changes: the table, or the name of the step. */
  target: string;
  unit: string;
  key: string;
  seq: number;
}

/** Statements that take effect once, and how to find out whether they did. */
export interface OncePlan {
  run: StatementBatch;
  /** How many statements come before the caller's own. */
  before: number;
  /** By the index of a statement of `run` that divides by zero on purpose: what is wrong then. */
  guards: Record<number, string>;
  /** Ends in one row: see `LedgerRow`. */
  ledger: StatementBatch;
}

/** The statements that load and publish, and what it means when one of them fails. */
export interface PublishPlan {
  /** Loads the files into a table of its own. Repeatable. */
  stage: StatementBatch;
  /** Which statement of `stage` is the load. */
  load: number;
  /** Moves them into the target, once. */
  publish: StatementBatch;
  /** Which statement of `publish` adds the rows, and which one takes those away that they replace. */
  insert: number;
  delete?: number;
  /** By the index of a statement that divides by zero on purpose: what is wrong then. */
  guards: { stage: Record<number, string>; publish: Record<number, string> };
  /** Ends in one row: see `LedgerRow`. */
  ledger: StatementBatch;
  /** Clears the stage away. */
  cleanUp: StatementBatch;
  /** What a person should know, though it stands in nobody's way. */
  warnings: string[];
}

/** A table as the warehouse has it. */
export interface TableShape {
  /** With its schema. */
  name: string;
  columns: { name: string; type: string }[];
  primaryKey: string[];
}

/** A load as far as it is known before there are any files. */
export interface PlannedLoad extends Pick<
  PublishRequest,
  'table' | 'mode' | 'uniqueKey' | 'orderBy' | 'columns' | 'createTable' | 'options'
> {
  /** Something that runs before may make the table, or change it. */
  mayChange?: boolean;
  /** What earlier files of the same job hold. */
  contents?: FileContents;
}

/** What would stop a load. */
export interface LoadFault {
  code: 'table' | 'columns';
  type: 'Rejected' | 'PublishFailed';
  message: string;
}

/** A bucket that the warehouse will read. */
export interface PlannedRead {
  /** Of the files, or of a folder. */
  path: string;
  /** In place of the warehouse's. */
  iamRole?: string;
  /** In place of the warehouse's. */
  region?: string;
}

/** Why it can't be read. */
export interface ReadFault {
  code: 'role' | 'region' | 'bucket';
  /** The answer leaves open whether files that are there can be read. */
  isDoubtful: boolean;
  message: string;
}

/** What a person should know of a warehouse before anything depends on it. */
export interface WarehouseLook {
  /** What the user may not do that publishing needs. */
  missingPrivileges: string[];
  /** How many pieces a load is divided into; undefined where it can't be told, as on Redshift Serverless. */
  slices?: number;
}

/** A query whose rows go to files. */
export interface UnloadRequest {
  query: string;
  /** A folder. */
  to: string;
  format: FileFormat;
  partitionBy?: string[];
  /** `replace` clears the folder first, `add` overwrites files of the same names, `refuse` fails if there is any. */
  existing: 'replace' | 'add' | 'refuse';
  maxFileSizeMb?: number;
  /** One file after the other, in the query's order, where false. */
  parallel: boolean;
  header?: boolean;
  delimiter?: string;
  compression?: 'gzip' | 'zstd' | 'bzip2';
  iamRole?: string;
}
