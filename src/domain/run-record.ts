import type { Json, StepKind } from './definition.ts';
import type { StepFailure, Trigger } from './run.ts';
import type { RunStatus, StepState } from './state.ts';

/** The memo of a run that has ended without a record and is about to close: its status. */
export const ENDED_MEMO = 'ended';

/** A run that has ended, in one line. */
export interface RunSummary {
  workflowId: string;
  runId: string;
  pipeline: string;
  interval: string;
  status: Exclude<RunStatus, 'running'>;
  trigger: Trigger['kind'];
  startedAt: string;
  endedAt: string;
}

/** What stays known of a step: not its result, which may be large. */
export interface RecordedStep {
  id: string;
  kind: StepKind;
  state: StepState;
  /** Counts from 1; 0 for a step that never began. */
  attempts: number;
  /** Of what the step wrote or loaded, where it counts rows. */
  rows: number | null;
  startedAt: string | null;
  endedAt: string | null;
}

/** What stays known of a run when Temporal has forgotten it. */
export interface RunRecord extends RunSummary {
  /** The bounds of the interval, ISO 8601; null where the pipeline file could not be read. */
  from: string | null;
  to: string | null;
  params: Record<string, Json>;
  /** The manifest of the files that started it, or null. */
  manifest: string | null;
  steps: RecordedStep[];
  /** Its `step` is empty where the run failed before the first. */
  failure: StepFailure | null;
}
