import { unexpected } from './failure.ts';

/** Where an instance of an AWS Data Pipeline stands: it may go on, did its work, or ended without doing it. */
export type InstanceOutcome = 'live' | 'done' | 'failed';

/**
 * AWS's status codes. The last group is in no list of them; AWS's own command line knows or prints them.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-interpret-status.html
 */
const OUTCOME = {
  ACTIVATING: 'live',
  DEACTIVATING: 'live',
  PAUSED: 'live',
  PENDING: 'live',
  RUNNING: 'live',
  SCHEDULED: 'live',
  SHUTTING_DOWN: 'live',
  VALIDATING: 'live',
  WAITING_FOR_RUNNER: 'live',
  WAITING_ON_DEPENDENCIES: 'live',

  FINISHED: 'done',

  CANCELED: 'failed',
  CASCADE_FAILED: 'failed',
  FAILED: 'failed',
  // Its pipeline was deactivated before it ran.
  INACTIVE: 'failed',
  // The pipeline was activated from a later time on, so this one never ran.
  SKIPPED: 'failed',
  TIMEDOUT: 'failed',

  CANCELLED: 'failed',
  CREATING: 'live',
  WAITING: 'live',
} as const satisfies Record<string, InstanceOutcome>;

const isKnown = (status: string): status is keyof typeof OUTCOME => Object.hasOwn(OUTCOME, status);

/** What a status of an instance comes to. An unknown one is `Unexpected`. */
export const instanceOutcome = (status: string): InstanceOutcome =>
  isKnown(status) ? OUTCOME[status] : unexpected('AWS Data Pipeline', status);

/**
 * Whether instances are all over: ended, or waiting for what will never come. Where `failureAndRerunMode` is `none`, the
 * default, whatever depends on a failed activity waits for ever. Between a failure and its retry the same can show for a
 * moment, so ask twice.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-manage-cascade-failandrerun.html
 */
export function areOver(instances: readonly { status: string }[]): boolean {
  const live = instances.filter(({ status }) => instanceOutcome(status) === 'live');
  const failed = instances.some(({ status }) => instanceOutcome(status) === 'failed');
  return live.length === 0 || (failed && live.every(({ status }) => status === 'WAITING_ON_DEPENDENCIES'));
}
