import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
  type ActivityOptions,
  type LocalActivityOptions,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { isPassing } from './failures.ts';

/*
 * TRY_CANCEL everywhere: a cancelled step goes on to its clean-up at once instead of waiting for a heartbeat.
 * Temporal is the only retrier: what passes by itself (Unavailable, Throttled) is tried for as long as the step's
 * timeout lets it.
 */
const common = {
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
} satisfies ActivityOptions;

/**
 * One request or a few: each has a deadline of its own that is shorter than this. What lasts long enough heartbeats by
 * itself, so that a worker that died is known after 10 s.
 */
const BRIEF = { ...common, startToCloseTimeout: '2m', heartbeatTimeout: '10s' } satisfies ActivityOptions;

export type AtOnce = Pick<Activities, 'openRun' | 'openNewData' | 'recordRun' | 'recordRefusal'>;

/** The activities that answer soon. */
export function brief(summary: string, options: ActivityOptions = {}) {
  return proxyActivities<
    Pick<
      Activities,
      | keyof AtOnce
      | 'openBackfill'
      | 'nextIntervals'
      | 'joinRun'
      | 'meetOther'
      | 'announceEnd'
      | 'cancelRun'
      | 'gatherFiles'
      | 'writeManifest'
      | 'lookAtRun'
      | 'checkLoads'
      | 'ensureCluster'
      | 'submitWork'
      | 'preparePublish'
      | 'prepareStatements'
      | 'prepareUnload'
      | 'readUnload'
      | 'keepRejected'
      | 'resolveDataPipeline'
      | 'activateDataPipeline'
      | 'releaseCluster'
      | 'putObject'
      | 'notify'
    >
  >({ ...BRIEF, ...options, summary });
}

/** Shorter than a workflow task, which it is a part of. */
const AT_ONCE = {
  startToCloseTimeout: '5s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { maximumAttempts: 1 },
} satisfies LocalActivityOptions;

/**
 * Has something answered within the workflow task, which saves a way to the server and back. What fails in passing
 * becomes an activity like others, which Temporal shows and tries again.
 */
export async function atOnce<T>(
  summary: string,
  ask: (activities: AtOnce) => Promise<T>,
  options: ActivityOptions = {},
): Promise<T> {
  try {
    return await ask(proxyLocalActivities<AtOnce>(AT_ONCE));
  } catch (error) {
    if (!isPassing(error)) throw error;
    return ask(brief(summary, options));
  }
}

/** The activities that hold a promise, for hours if need be, and heartbeat. */
export function waiting(heartbeatTimeoutMs: number, summary: string) {
  return proxyActivities<
    Pick<
      Activities,
      | 'awaitRun'
      | 'awaitEnd'
      | 'awaitWork'
      | 'stopWork'
      | 'awaitCluster'
      | 'readLedger'
      | 'awaitIdleDataPipeline'
      | 'awaitDataPipelineInstances'
      | 'awaitActivatedDataPipeline'
      | 'deactivateDataPipeline'
      | 'waitForData'
    >
  >({ ...common, startToCloseTimeout: '3650 days', heartbeatTimeout: heartbeatTimeoutMs, summary });
}
