import { CancellationScope, isCancellation, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { OnCancel } from '../src/domain/definition.ts';
import type { DataPipelineInstance } from '../src/ports.ts';
import { brief, waiting } from './activities.ts';
import { faultOf, passedOn } from './failures.ts';
import { unlessFailed } from './instances.ts';

export interface ActivationRequest {
  pipelineId: string;
  params: Record<string, string>;
  /** ISO; where a scheduled pipeline begins. */
  startAt?: string;
  /** What becomes of the instances when the one who asks is cancelled: `leave` unless said. */
  onCancel?: OnCancel;
  /** Set where this may be a repetition, as after a reset: an activation of that key that is done is not repeated. */
  doneUnder?: { workflowId: string; key: string };
  heartbeatTimeoutMs: number;
  /** Who asks, for Temporal's web UI. */
  by: string;
}

/**
 * One activation of an AWS Data Pipeline, under the ID `data-pipeline/<pipeline id>`: its uniqueness is the lock,
 * because activating an on-demand pipeline that runs cancels what runs.
 */
export async function activation(request: ActivationRequest): Promise<DataPipelineInstance[]> {
  const { pipelineId, heartbeatTimeoutMs, by, doneUnder } = request;
  setCurrentDetails(`Activates \`${pipelineId}\` for ${by}.`);
  try {
    const idle = waiting(heartbeatTimeoutMs, 'waits until no instance lives');
    const { before, done } = await idle.awaitIdleDataPipeline({
      pipelineId,
      ...(doneUnder && { doneUnder }),
    });
    if (done !== undefined) return done;
    return await activateAndAwait(request, before);
  } catch (error) {
    throw passedOn(error);
  }
}

async function activateAndAwait(
  request: ActivationRequest,
  before: string[],
): Promise<DataPipelineInstance[]> {
  const { pipelineId, heartbeatTimeoutMs, onCancel } = request;
  try {
    await activateOnce(request);
    const wait = waiting(heartbeatTimeoutMs, 'waits for the instances of this activation');
    return unlessFailed(pipelineId, await wait.awaitDataPipelineInstances({ pipelineId, before }));
  } catch (error) {
    if (isCancellation(error) && onCancel === 'deactivate') {
      const stop = waiting(heartbeatTimeoutMs, 'cancelled: deactivates the pipeline');
      await CancellationScope.nonCancellable(() => stop.deactivateDataPipeline({ pipelineId, before }));
    }
    throw error;
  }
}

/**
 * There is no token, and a second activation would cancel the first. So it is sent once, and once more only after an
 * answer that says that it was refused for now; an answer that was lost is answered by looking.
 */
async function activateOnce({ pipelineId, params, startAt }: ActivationRequest): Promise<void> {
  const once = brief('activates the pipeline, once', {
    retry: { maximumAttempts: 1 },
    startToCloseTimeout: '1m',
  });
  const asked = { pipelineId, params, ...(startAt !== undefined && { startAt }) };
  for (;;) {
    try {
      // A cancellation in mid-request would leave it open whether the request was sent.
      return await CancellationScope.nonCancellable(() => once.activateDataPipeline(asked));
    } catch (error) {
      const { type } = faultOf(error);
      if (type === 'Rejected') throw error;
      if (type !== 'Throttled') return;
      await sleep('2s', { summary: 'Data Pipeline asked to slow down' });
    }
  }
}
