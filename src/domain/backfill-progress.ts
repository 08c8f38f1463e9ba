import type { BackfillInput, Span } from './backfill.ts';
import type { RunSettings } from './plan.ts';

/** What the first activity of a backfill records. */
export interface BackfillPlan {
  input: BackfillInput & Required<Pick<BackfillInput, 'concurrency' | 'order'>>;
  span: Span;
  /** How many intervals there are to do. */
  total: number;
  settings: RunSettings;
}

export type BackfillStatus = 'running' | 'paused' | 'done' | 'failed' | 'stopped' | 'cancelled';

export interface BackfillFailure {
  interval: string;
  type: string;
  message: string;
}

/** How far a backfill is, and at its end its report. */
export interface BackfillReport {
  pipeline: string;
  /** As they were asked for. */
  from: string;
  to: string;
  status: BackfillStatus;
  startedAt: string;
  /** How many intervals there were to do at its start. */
  total: number;
  /** Runs of this backfill that are done. */
  done: number;
  /** Intervals that were done already when it was their turn, or that somebody else's run has done. */
  already: number;
  failed: number;
  /** The intervals whose runs are open. */
  running: string[];
  /** The first that failed, a hundred at most. */
  failures: BackfillFailure[];
  /** Why it came to an end before its time, where that was no run's failure. */
  fault?: BackfillFault;
}

/** What a backfill itself failed with, as opposed to one of its runs. */
export type BackfillFault = Omit<BackfillFailure, 'interval'>;

/** The answer of the query `progress`. */
export interface BackfillProgress extends BackfillReport {
  workflowId: string;
  runId: string;
}
