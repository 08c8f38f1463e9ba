/** The states that a step goes through. */
export type StepState = 'waiting' | 'running' | 'lost' | 'done' | 'skipped' | 'failed' | 'cancelled';

export const stepHasEnded = (state: StepState): boolean =>
  state === 'done' || state === 'skipped' || state === 'failed' || state === 'cancelled';

export type RunStatus = 'running' | 'done' | 'failed' | 'cancelled';

/** Where remote work stands. Every vendor's own states collapse onto these, through a table. */
export type WorkStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

export const hasEnded = (status: WorkStatus): status is 'done' | 'failed' | 'cancelled' =>
  status === 'done' || status === 'failed' || status === 'cancelled';
