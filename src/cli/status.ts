import type { WorkflowExecutionStatusName } from '@temporalio/client';
import type { RunStatus } from '../domain/state.ts';

const STATUS: Partial<Record<WorkflowExecutionStatusName, RunStatus>> = {
  RUNNING: 'running',
  CONTINUED_AS_NEW: 'running',
  COMPLETED: 'done',
  CANCELLED: 'cancelled',
};

/** What Temporal's status of a workflow means for a run; whatever ended it otherwise is a failure. */
export const runStatus = (name: WorkflowExecutionStatusName): RunStatus => STATUS[name] ?? 'failed';
