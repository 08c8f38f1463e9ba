import { ServiceError, isGrpcServiceError, type Client } from '@temporalio/client';
import { EtlError } from '../domain/failure.ts';
import type { Delivery } from './event-router.ts';

/** gRPC’s codes for what a later try does not mend: a request that is wrong (INVALID_ARGUMENT). */
const REFUSED: readonly number[] = [3];

/** Sends new data to the workflow that gathers it, which is started if it isn't open; `Unavailable` may be tried again. */
export function newDataSignals(client: Client, taskQueue: string): (delivery: Delivery) => Promise<void> {
  return async ({ workflowId, pipeline, interval, files }) => {
    try {
      await client.workflow.signalWithStart('newData', {
        workflowId,
        taskQueue,
        args: [{ pipeline, interval }],
        signal: 'newData',
        signalArgs: [{ files }],
      });
    } catch (error) {
      throw failureOf(workflowId, error);
    }
  };
}

function failureOf(workflowId: string, error: unknown): EtlError {
  const cause = error instanceof ServiceError ? error.cause : error;
  const isRefused = isGrpcServiceError(cause) && REFUSED.includes(cause.code);
  const words = cause instanceof Error ? cause.message : String(cause);
  return new EtlError(isRefused ? 'Rejected' : 'Unavailable', `cannot signal ${workflowId}: ${words}`, {
    cause: error,
  });
}
