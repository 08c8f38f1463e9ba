import type { ArrivedFile } from './arrived-file.ts';
import type { Covers } from './definition.ts';
import type { EventSource } from './event-source.ts';
import type { IntervalCaptures } from './interval-captures.ts';
import type { RunSettings } from './plan.ts';

/** The ID of the workflow that gathers the new data of an interval. */
export const newDataId = (pipeline: string, interval: string): string => `${pipeline}/${interval}/new-data`;

/** What the first activity of a `newData` workflow records. */
export interface NewDataPlan {
  pipeline: string;
  interval: string;
  covers: Covers;
  sources: EventSource[];
  /** What names the interval in paths; where it isn't known, what has come is taken to be of the interval. */
  captures?: IntervalCaptures;
  settings: RunSettings;
  /** A run of the interval that was done and that Temporal may have forgotten. */
  before?: { startedAt: string; endedAt: string };
}

/** Where the run of an interval stands, whoever started it. */
export interface RunLook {
  runId: string;
  status: 'running' | 'done' | 'failed' | 'cancelled';
  startedAt: string;
  /** Null while it runs. */
  endedAt: string | null;
}

/** A file of an interval, and which of the sources it is of. */
export interface GatheredFile extends ArrivedFile {
  source: number;
}

/** What gathering files came to. */
export interface Gathered {
  /** How many files each source has by now. */
  counts: number[];
  /** Which of the files were news, by their places in the list. */
  fresh: number[];
}

export type NewDataStatus = 'gathering' | 'running' | 'watching' | 'done' | 'cancelled';

/** The answer of the query `progress`, and the result. */
export interface NewDataProgress {
  pipeline: string;
  interval: string;
  status: NewDataStatus;
  /** How many different files have come. */
  files: number;
  /** What was known already, or older than what was known. */
  duplicates: number;
  /** What belongs to no entry of `events`, or to another interval, or could not be read. */
  unmatched: number;
  /** How many runs it has started. */
  runs: number;
  /** Files that came when the run had begun and that no run was started for: how many, and the last of them. */
  late: { count: number; files: string[] };
  /** What it waits for, in words; null when it has ended. */
  detail: string | null;
}
