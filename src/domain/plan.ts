import type { Definition, Json } from './definition.ts';
import type { Interval } from './interval.ts';
import type { Trigger } from './run.ts';

/** What a run needs to know of the worker's configuration; recorded, so that a new configuration leaves it alone. */
export interface RunSettings {
  heartbeatTimeoutMs: number;
  /** Whether Temporal has our search attributes registered: an upsert of unknown ones hangs a workflow for ever. */
  searchAttributes: boolean;
  /** Whether the run writes a record at its end; plans of old did not say. */
  records?: true;
  /** Whether the run looks at its targets before its first step; plans of old did not say. */
  preflight?: true;
  /** The engines that run a chain as one job. */
  chains?: string[];
}

/** What the first activity of a `pipeline` workflow records, so that nothing outside it is asked again. */
export type RunPlan =
  | {
      role: 'run';
      definition: Definition;
      interval: Interval;
      params: Record<string, Json>;
      trigger: Trigger;
      /** The IDs of the runs that have to be done first. */
      after?: string[];
      /** When the chain of this run started, in ms: newer runs publish over older ones, never the other way. */
      seq: number;
      settings: RunSettings;
    }
  | {
      /** This workflow has another ID: it opens the one that runs the steps, and waits for it. */
      role: 'join';
      workflowId: string;
      input: { pipeline: string; interval: string; params?: Record<string, Json>; trigger: Trigger };
      settings: RunSettings;
    };
