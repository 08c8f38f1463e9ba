import { CancellationScope, isCancellation, setCurrentDetails, sleep } from '@temporalio/workflow';
import { instanceOutcome } from '../src/domain/instance.ts';
import type { DataPipelineInstance } from '../src/ports.ts';
import { brief, waiting } from './activities.ts';
import { failure, faultOf } from './failures.ts';

export interface ActivationRequest {
  pipelineId: string;
  params: Record<string, string>;
  heartbeatTimeoutMs: number;
  /** Who asks, for Temporal's web UI. */
  by: string;
}

/**
 * One activation of an AWS Data Pipeline, under the ID `data-pipeline/<pipeline id>`: its uniqueness is the lock,
 * because activating an on-demand pipeline that runs cancels what runs.
 */
export async function activation(request: ActivationRequest): Promise<DataPipelineInstance[]> {
  const { pipelineId, params, heartbeatTimeoutMs, by } = request;
  setCurrentDetails(`Activates \`${pipelineId}\` for ${by}.`);
  try {
    const before = await waiting(heartbeatTimeoutMs, 'waits until no instance lives').awaitIdleDataPipeline(
      pipelineId,
    );
    await activateOnce(pipelineId, params);
    const wait = waiting(heartbeatTimeoutMs, 'waits for the instances of this activation');
    const instances = await wait.awaitDataPipelineInstances({ pipelineId, before });
    const failed = instances.filter(({ status }) => instanceOutcome(status) === 'failed');
    if (failed.length === 0) return instances;
    const words = failed.map(
      ({ name, status, error }) => `${name} ${status}${error === undefined ? '' : `: ${error}`}`,
    );
    throw failure('JobFailed', `Data Pipeline ${pipelineId}: ${words.join('; ')}`, {
      ref: failed[0]?.id ?? pipelineId,
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { type, message, details } = faultOf(error);
    throw failure(type, message, details);
  }
}

/**
 * There is no token, and a second activation would cancel the first. So it is sent once, and once more only after an
 * answer that says that it was refused for now; an answer that was lost is answered by looking.
 */
async function activateOnce(pipelineId: string, params: Record<string, string>): Promise<void> {
  const once = brief('activates the pipeline, once', {
    retry: { maximumAttempts: 1 },
    startToCloseTimeout: '1m',
  });
  for (;;) {
    try {
      // A cancellation in mid-request would leave it open whether the request was sent.
      return await CancellationScope.nonCancellable(() => once.activateDataPipeline({ pipelineId, params }));
    } catch (error) {
      const { type } = faultOf(error);
      if (type === 'Rejected') throw error;
      if (type !== 'Throttled') return;
      await sleep('2s', { summary: 'Data Pipeline asked to slow down' });
    }
  }
}
