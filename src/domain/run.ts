import type { Json, StepKind } from './definition.ts';
import type { ExpectationOutcome } from './expectation-outcome.ts';
import type { FailureType, LoadError } from './failure.ts';
import type { Interval } from './interval.ts';
import type { RunStatus, StepState } from './state.ts';
import type { Row } from './statements.ts';

export const TRIGGER_KINDS = ['run', 'schedule', 'event', 'backfill', 'pipeline'] as const;

/** What started a run. */
export interface Trigger {
  kind: (typeof TRIGGER_KINDS)[number];
  files?: Json[];
  manifest?: string;
  /** Whether these are only the files that came when the interval was done already. */
  partial?: boolean;
}

/** The input of the workflow type `pipeline`. */
export interface PipelineInput {
  pipeline: string;
  interval?: string;
  params?: Record<string, Json>;
  trigger?: Trigger;
}

/** What a step came to; the fields that every kind has, and the kind's own. */
export type StepResult = { attempts: number; startedAt: string; endedAt: string } & { [key: string]: Json };

export interface StepFailure {
  step: string;
  type: FailureType;
  message: string;
  ref: string | null;
  log: string | null;
  /** The lines that a load failed at. */
  loadErrors?: LoadError[];
  /** The first rows that broke what a check expects. */
  sample?: Row[];
  /** What the expectations of a check came to, where there are several. */
  expectations?: ExpectationOutcome[];
}

/** Where a step stands. */
export interface StepProgress {
  id: string;
  kind: StepKind;
  state: StepState;
  /** Counts from 1; 0 before the first. */
  attempt: number;
  result: StepResult | null;
  failure: StepFailure | null;
  /** What the step waits for, in words; null when there is nothing to say. */
  detail: string | null;
  /** What a step of a list with `forEach` is about. */
  item?: Json;
  /** The steps of a step with `forEach`, one for each item. */
  items?: StepProgress[];
}

/** The answer of the query `progress`. */
export interface Progress {
  workflowId: string;
  runId: string;
  pipeline: string;
  interval: string;
  status: RunStatus;
  trigger: Trigger['kind'];
  /** The runs that have to be done before the first step; left out when there are none (any more). */
  waitsFor?: string[];
  steps: StepProgress[];
  /** What a run failed with that never came to its steps. */
  failure?: { type: FailureType; message: string };
}

/** The result of the workflow type `pipeline`. */
export interface RunResult {
  status: RunStatus;
  interval: string;
  steps: StepProgress[];
}

/** What expressions and templates see. */
export interface Scope {
  interval: Interval;
  params: Record<string, Json>;
  steps: Record<string, { state: StepState } & { [key: string]: Json }>;
  trigger: Trigger;
  run: { id: string; runId: string; pipeline: string; startedAt: string };
  /** In the steps of `onFailure`. */
  failure?: StepFailure;
  /** In what a step with `forEach` does: the item. */
  item?: Json;
  /** In the `expect` of a check: the query's first row. */
  row?: Json;
}
