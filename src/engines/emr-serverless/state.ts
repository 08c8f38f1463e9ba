import type { JobRunState } from '@aws-sdk/client-emr-serverless';
import { unexpected } from '../../domain/failure.ts';
import type { WorkStatus } from '../../domain/state.ts';
import type { WorkState } from '../../ports.ts';

/** https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/job-states.html */
const STATE: Record<JobRunState, WorkStatus> = {
  SUBMITTED: 'queued',
  PENDING: 'queued',
  QUEUED: 'queued',
  SCHEDULED: 'queued',
  RUNNING: 'running',
  CANCELLING: 'running',
  SUCCESS: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

export const ACTIVE = (Object.keys(STATE) as JobRunState[]).filter((state) =>
  ['queued', 'running'].includes(STATE[state]),
);

/** What a list of job runs and a job run have in common. */
export interface JobRun {
  id: string;
  name: string;
  state: string;
  stateDetails: string;
  createdAt: Date;
  /** A list leaves them out. */
  tags?: Record<string, string>;
}

/** Throws for a state that is none of the table's. */
export const statusOf = ({ state }: Pick<JobRun, 'state'>): WorkStatus =>
  (STATE as Record<string, WorkStatus | undefined>)[state] ?? unexpected('EMR Serverless', state);

export function stateOf(run: JobRun): WorkState {
  const status = statusOf(run);
  if (status !== 'failed') return { status, progress: run.state };
  const message = run.stateDetails.replaceAll(/\s+/g, ' ').trim() || `the job run ended as ${run.state}`;
  return { status, message, logTail: run.stateDetails };
}
