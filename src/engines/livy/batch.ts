import { z } from 'zod';
import { unexpected } from '../../domain/failure.ts';
import type { WorkStatus } from '../../domain/state.ts';

/** A batch as Livy shows it. `log` has its last ten lines. */
export const batch = z.object({
  id: z.number(),
  name: z.string().nullish(),
  state: z.string(),
  appId: z.string().nullish(),
  log: z.array(z.string()).default([]),
});

export type Batch = z.output<typeof batch>;

/** https://livy.incubator.apache.org/docs/latest/rest-api.html#session-state */
const STATE: Record<string, WorkStatus> = {
  not_started: 'queued',
  starting: 'queued',
  recovering: 'running',
  idle: 'running',
  busy: 'running',
  running: 'running',
  shutting_down: 'running',
  success: 'done',
  dead: 'failed',
  error: 'failed',
  killed: 'cancelled',
};

/** What a state of Livy comes to; an unknown one is `Unexpected`. */
export const statusOf = ({ state }: Batch): WorkStatus => STATE[state] ?? unexpected('Livy', state);

/**
 * Whether a batch has no process behind it: Livy lists it before it starts `spark-submit`, and where that is refused it
 * stays as it is for ever. A batch that was only just accepted looks the same for a moment.
 */
export const hasNoProcess = ({ state, appId, log }: Batch): boolean =>
  (state === 'not_started' || state === 'starting') && !appId && log.length === 0;
